"""The network that an experiment begins with, in a column of its own, by which its results are found."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column and fill it from what each experiment says of itself."""
    op.add_column("experiments", sa.Column("network", sa.String(250), nullable=False, server_default=""))
    experiments = sa.table("experiments", sa.column("id"), sa.column("content"), sa.column("network"))
    connection = op.get_bind()
    for number, content in connection.execute(sa.select(experiments.c.id, experiments.c.content)).all():
        network = json.loads(content).get("network", "")
        connection.execute(sa.update(experiments).where(experiments.c.id == number).values(network=network))
    op.create_index("experiments_by_network", "experiments", ["network"])


def downgrade() -> None:
    """Drop the column."""
    op.drop_index("experiments_by_network", "experiments")
    with op.batch_alter_table("experiments") as table:
        table.drop_column("network")
