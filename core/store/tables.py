"""Tables of the store. A change here needs a migration in `migrations/versions` beside it."""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

METADATA = MetaData()

experiments = Table(
    "experiments",
    METADATA,
    Column("id", String(20), primary_key=True),
    Column("content", Text, nullable=False, doc="JSON, as `Experiment.to_dict` gives it"),
    Column("network", String(250), nullable=False, server_default="", doc="the one it begins with"),
    Column("created", Float, nullable=False, doc="seconds since 1970"),
)

results = Table(
    "results",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("experiment", String(20), ForeignKey("experiments.id", ondelete="CASCADE"), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("kind", String(40), nullable=False, doc="what was found out, as in 'fine-tune'"),
    Column("content", Text, nullable=False, doc="JSON: figures with their intervals"),
    Column("artefact", String(64), doc="hash of the file with weights and masks"),
    Column("seconds", Float, nullable=False),
    Column("versions", String(200), nullable=False),
    Column("machine", String(200), nullable=False),
    Column("created", Float, nullable=False),
    UniqueConstraint("experiment", "stage", "kind", name="one_result_of_a_kind"),
)

artefacts = Table(
    "artefacts",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("size", Integer, nullable=False, doc="bytes"),
    Column("used", Float, nullable=False, doc="seconds since 1970, when it was last read or written"),
)

visits = Table(
    "visits",
    METADATA,
    Column("id", String(64), primary_key=True, doc="hash of the browser's key, which itself is kept nowhere"),
    Column("state", Text, nullable=False, doc="JSON: what the visit has in hand"),
    Column("created", Float, nullable=False),
    Column("seen", Float, nullable=False),
)

nodes = Table(
    "nodes",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("visit", String(64), ForeignKey("visits.id", ondelete="CASCADE"), nullable=False),
    Column("experiment", String(20), ForeignKey("experiments.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(120), nullable=False, default=""),
    Column("note", Text, nullable=False, default=""),
    Column("created", Float, nullable=False),
    UniqueConstraint("visit", "experiment", name="one_node_of_an_experiment"),
)

holds = Table(
    "holds",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("visit", String(64), ForeignKey("visits.id", ondelete="CASCADE"), nullable=False),
    Column("artefact", String(64), ForeignKey("artefacts.hash", ondelete="CASCADE"), nullable=False),
    UniqueConstraint("visit", "artefact", name="one_hold_of_an_artefact"),
)

TRIED = nodes.join(experiments, nodes.c.experiment == experiments.c.id)
"""What visits have tried: nodes with their experiments."""

Index("nodes_of_a_visit", nodes.c.visit, nodes.c.created)
Index("experiments_by_network", experiments.c.network)
Index("artefacts_by_age", artefacts.c.used)
