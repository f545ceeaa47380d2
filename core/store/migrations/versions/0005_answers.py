"""Figures that outlast a server, so that a restart is warm and several servers share what one has found."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "answers",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("used", sa.Float, nullable=False),
    )
    op.create_index("answers_by_age", "answers", ["used"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("answers")
