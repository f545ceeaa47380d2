"""Answers that outlast a server: figures of stages of shipped networks, from the store or shipped with the assets."""

from core.answers.data import answer_to_data, data_to_answer
from core.answers.lasting import Lasting
from core.answers.names import answer_name, code_version, fingerprint
from core.answers.shipped import SHIPPED_PLANS, SHIPPED_REPAIR, read_curve, stops_of, write_curve

__all__ = [
    "SHIPPED_PLANS",
    "SHIPPED_REPAIR",
    "Lasting",
    "answer_name",
    "answer_to_data",
    "code_version",
    "data_to_answer",
    "fingerprint",
    "read_curve",
    "stops_of",
    "write_curve",
]
