"""Engines: programs that run a network once it is shipped; how fast each is here, and what that costs."""

from core.engines.advice import engine_advice, network_name
from core.engines.kinds import ENGINES
from core.engines.measuring import EngineFigures, engine_figures

__all__ = ["ENGINES", "EngineFigures", "engine_advice", "engine_figures", "network_name"]
