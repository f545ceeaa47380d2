"""Classes: where each is, who is in it, what they guessed, submitted and answered."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _of_classroom() -> sa.Column:
    return sa.Column("classroom", sa.String(6), sa.ForeignKey("classrooms.code", ondelete="CASCADE"), nullable=False)


def _of_member() -> sa.Column:
    return sa.Column("member", sa.Integer, sa.ForeignKey("members.id", ondelete="CASCADE"), nullable=False)


def upgrade() -> None:
    """Make the tables of classes."""
    op.create_table(
        "classrooms",
        sa.Column("code", sa.String(6), primary_key=True),
        sa.Column("teacher", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("activity", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("phase", sa.String(8), nullable=False),
        sa.Column("free", sa.Integer, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
    )
    op.create_index("classrooms_by_age", "classrooms", ["created"])
    op.create_table(
        "members",
        sa.Column("id", sa.Integer, primary_key=True),
        _of_classroom(),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("role", sa.String(8), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("here", sa.Integer, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.UniqueConstraint("classroom", "mark", name="one_member_of_a_browser"),
    )
    op.create_table(
        "guesses",
        sa.Column("id", sa.Integer, primary_key=True),
        _of_classroom(),
        _of_member(),
        sa.Column("lesson", sa.String(120), nullable=False),
        sa.Column("step", sa.String(120), nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.UniqueConstraint("member", "lesson", "step", name="one_guess_at_a_step"),
    )
    op.create_index("guesses_of_a_step", "guesses", ["classroom", "lesson", "step"])
    op.create_table(
        "submissions",
        sa.Column("id", sa.Integer, primary_key=True),
        _of_classroom(),
        _of_member(),
        sa.Column("challenge", sa.String(40), nullable=False),
        sa.Column("network", sa.String(64), nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("score", sa.Text, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.UniqueConstraint("member", "challenge", "network", name="one_submission_of_a_network"),
    )
    op.create_index("submissions_of_a_class", "submissions", ["classroom", "challenge"])
    op.create_table(
        "quiz_answers",
        sa.Column("id", sa.Integer, primary_key=True),
        _of_classroom(),
        _of_member(),
        sa.Column("moment", sa.String(8), nullable=False),
        sa.Column("answers", sa.Text, nullable=False),
        sa.UniqueConstraint("member", "moment", name="one_quiz_of_a_moment"),
    )
    op.create_index("quiz_answers_of_a_class", "quiz_answers", ["classroom"])


def downgrade() -> None:
    """Drop the tables of classes."""
    for table in ("quiz_answers", "submissions", "guesses", "members", "classrooms"):
        op.drop_table(table)
