"""Experiments, their results and files, and visits."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "experiments",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
    )
    op.create_table(
        "artefacts",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("used", sa.Float, nullable=False),
    )
    op.create_index("artefacts_by_age", "artefacts", ["used"])
    op.create_table(
        "visits",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("seen", sa.Float, nullable=False),
    )
    op.create_table(
        "results",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("experiment", sa.String(20), sa.ForeignKey("experiments.id", ondelete="CASCADE"), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("artefact", sa.String(64)),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("versions", sa.String(200), nullable=False),
        sa.Column("machine", sa.String(200), nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.UniqueConstraint("experiment", "stage", "kind", name="one_result_of_a_kind"),
    )
    op.create_table(
        "nodes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("visit", sa.String(64), sa.ForeignKey("visits.id", ondelete="CASCADE"), nullable=False),
        sa.Column("experiment", sa.String(20), sa.ForeignKey("experiments.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.UniqueConstraint("visit", "experiment", name="one_node_of_an_experiment"),
    )
    op.create_index("nodes_of_a_visit", "nodes", ["visit", "created"])
    op.create_table(
        "holds",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("visit", sa.String(64), sa.ForeignKey("visits.id", ondelete="CASCADE"), nullable=False),
        sa.Column("artefact", sa.String(64), sa.ForeignKey("artefacts.hash", ondelete="CASCADE"), nullable=False),
        sa.UniqueConstraint("visit", "artefact", name="one_hold_of_an_artefact"),
    )


def downgrade() -> None:
    """Drop everything."""
    for table in ("holds", "nodes", "results", "visits", "artefacts", "experiments"):
        op.drop_table(table)
