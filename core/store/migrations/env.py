"""How alembic runs the migrations: on the connection that the store hands over, or on a URL given to its command."""

from alembic import context
from sqlalchemy import create_engine

from core.store.tables import METADATA

given = context.config.attributes.get("connection")
if given is not None:
    context.configure(connection=given, target_metadata=METADATA, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(context.config.get_main_option("sqlalchemy.url") or "sqlite://").connect() as connection:
        context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
