"""Tries of codes and the like, counted minute by minute, so that several servers share the limits."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "tries",
        sa.Column("what", sa.String(16), primary_key=True),
        sa.Column("who", sa.String(64), primary_key=True),
        sa.Column("minute", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
    )
    op.create_index("tries_by_age", "tries", ["minute"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("tries")
