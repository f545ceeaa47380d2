"""Opening the store: SQLite in the user's data folder unless an engine is given, its tables brought up to date."""

import contextlib
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock, Timeout
from sqlalchemy import Column, Connection, Engine, Table, create_engine, event
from sqlalchemy import text as sql
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from core.data_folder import FILES, LIMIT, data_folder, data_limit
from core.errors import PlaygroundError
from core.language import text, together

FILE = "playground.sqlite"
"""The database; the folder of weights lies beside it."""

PATIENCE = 20.0
"""Seconds to wait for somebody else who writes."""

MIGRATIONS = Path(__file__).parent / "migrations"

MIGRATION_LOCK = 7_261_954
"""Any number that nothing else locks in a PostgreSQL database."""


class StoreUnavailable(PlaygroundError):
    """Say that something could not be kept or read back; what is on the page goes on."""


@dataclass(frozen=True, eq=False)
class Store:
    """Hold the database and the folder of one store.

    note: what people are to know, as that nothing outlives this server; "" if all is as it should be.
    limit: bytes that the files may take together.
    """

    engine: Engine
    folder: Path
    limit: int = LIMIT
    note: str = ""
    _memory: contextlib.AbstractContextManager[Any] | None = field(default=None, repr=False)

    @property
    def files(self) -> Path:
        """Return the folder of the artefacts."""
        return self.folder / FILES


def open_store(engine: Engine | None = None, folder: Path | None = None) -> Store:
    """Open the store and bring its tables up to date; where that cannot be, keep everything in memory, with a note.

    engine: another database, as PostgreSQL for several servers; files lie in `folder` all the same.
    """
    folder = folder or data_folder()
    try:
        (folder / FILES).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        made = engine or _sqlite(folder / FILE)
        _bring_up_to_date(made, folder)
        return Store(made, folder, data_limit())
    except (OSError, Timeout, SQLAlchemyError) as error:
        why: str = text("Nothing can be kept in {folder} ({error})", folder=folder, error=_reason(error))
    except StoreUnavailable as error:
        why = error.what
    return open_in_memory(why)


def _sqlite(path: Path) -> Engine:
    """Open a file with write-ahead logging, so that readers and a writer do not wait for each other."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": PATIENCE})

    @event.listens_for(engine, "connect")
    def _prepare(connection: object, record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine


def open_in_memory(why: str) -> Store:
    """Open a store that lasts as long as this process; why: a sentence for people."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: object, record: object) -> None:
        connection.cursor().execute("PRAGMA foreign_keys=ON").close()  # type: ignore[attr-defined]

    folder = Path(tempfile.mkdtemp(prefix="pruning-playground-"))
    (folder / FILES).mkdir()
    with engine.begin() as connection:
        _migrate(connection)
    note = together((why, text("What you do here lasts until this server ends.")))
    return Store(engine, folder, data_limit(), note, threading.RLock())


def _bring_up_to_date(engine: Engine, folder: Path) -> None:
    """Run the migrations that are missing, one process at a time. Raises StoreUnavailable for a newer store."""
    with engine.connect() as connection:
        if not _missing_migrations(connection):
            return
    lock = FileLock(folder / "migrating.lock", timeout=PATIENCE) if engine.dialect.name == "sqlite" else None
    with lock or contextlib.nullcontext(), engine.connect() as connection:
        if lock is None:
            connection.execute(sql("SELECT pg_advisory_lock(:number)"), {"number": MIGRATION_LOCK})
        try:
            if _missing_migrations(connection):
                _migrate(connection)
            connection.commit()
        finally:
            if lock is None:
                connection.rollback()
                connection.execute(sql("SELECT pg_advisory_unlock(:number)"), {"number": MIGRATION_LOCK})
                connection.commit()


def _missing_migrations(connection: Connection) -> bool:
    """Whether the tables are not up to date. Raises StoreUnavailable for those of a newer version."""
    scripts = ScriptDirectory(str(MIGRATIONS))
    known = {each.revision for each in scripts.walk_revisions()}
    there = MigrationContext.configure(connection).get_current_revision()
    if there is not None and there not in known:
        raise StoreUnavailable(
            text("The store was written by a newer version of this app."),
            text("Update the app, or let PLAYGROUND_DATA name another folder."),
        )
    return there != scripts.get_current_head()


def _migrate(connection: Connection) -> None:
    config = alembic.config.Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS))
    alembic.command.upgrade(config, "head")


@contextlib.contextmanager
def reading(store: Store) -> Iterator[Connection]:
    """Open a connection to read. Raises StoreUnavailable where that fails."""
    try:
        with store._memory or contextlib.nullcontext(), store.engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise _unavailable(error) from error


@contextlib.contextmanager
def writing(store: Store) -> Iterator[Connection]:
    """Open a transaction to write; all of it is kept or nothing. Raises StoreUnavailable where that fails."""
    try:
        with store._memory or contextlib.nullcontext(), store.engine.connect() as connection:
            if store.engine.dialect.name == "sqlite" and store._memory is None:
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # waits its turn now, and not in the middle
            yield connection
            connection.commit()
    except (SQLAlchemyError, OSError) as error:
        raise _unavailable(error) from error


def insert_new(connection: Connection, table: Table, **values: Any) -> bool:
    """Insert a row unless there is one with the same key already; return whether it is new."""
    wanted = _insert(connection, table).values(**values).on_conflict_do_nothing()
    counted = {"preserve_rowcount": True}  # or PostgreSQL's count is dropped, as that of any insert
    return connection.execute(wanted, execution_options=counted).rowcount > 0


def count_up(connection: Connection, table: Table, counter: Column, **key: Any) -> None:
    """Add one to a counter of the row with a primary key, or begin it with one; those who do so at once all count."""
    wanted = _insert(connection, table).values({**key, counter.name: 1})
    connection.execute(wanted.on_conflict_do_update(index_elements=list(key), set_={counter.name: counter + 1}))


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    return (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(table)


def _unavailable(error: Exception) -> StoreUnavailable:
    return StoreUnavailable(
        text("This could not be kept: {reason}", reason=_reason(error)),
        text("What is on the page goes on; download what you want to keep."),
    )


def _reason(error: Exception) -> str:
    """Say in a few words why storing failed."""
    told = str(getattr(error, "orig", None) or error).lower()
    if "full" in told or "no space" in told:
        return text("the disk is full.")
    if "locked" in told or isinstance(error, Timeout):
        return text("somebody else holds the store.")
    if "read-only" in told or "readonly" in told or "permission" in told:
        return text("it cannot be written.")
    if "malformed" in told or "not a database" in told:
        return text("the store is damaged.")
    return text("the store does not answer.")
