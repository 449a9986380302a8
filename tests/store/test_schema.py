"""An empty database gets its tables; a database of another version or program is refused with what to do."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text

from oncall.errors import WrongSchema
from oncall.store.database import migrate, open_store
from oncall.store.revisions import HEAD, REVISIONS
from oncall.store.tables import metadata

from .examples import ticket


def engine_of(url: str) -> Engine:
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


def run(url: str, statement: str) -> None:
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def set_revision(url: str, revision: str) -> None:
    run(url, f"UPDATE alembic_version SET version_num = '{revision}'")


_POSTGRES_DESCRIPTION = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity"
    " FROM information_schema.columns"
    " WHERE table_schema = 'public' AND table_name <> 'alembic_version' ORDER BY table_name, ordinal_position",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY indexname",
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
    " AND conname NOT LIKE 'alembic%' ORDER BY conname",
)
_SQLITE_DESCRIPTION = (
    "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%' AND name NOT LIKE 'sqlite_%' ORDER BY name",
)


def description(connection: Connection) -> list[list[str]]:
    """Return the definitions of all tables, indexes and constraints, ordered by name."""
    is_sqlite = connection.dialect.name == "sqlite"
    return [
        [
            re.sub(r"\s+", "", str(tuple(row)).replace("\\n", "").replace("\\t", ""))
            for row in connection.execute(text(query))
        ]
        for query in (_SQLITE_DESCRIPTION if is_sqlite else _POSTGRES_DESCRIPTION)
    ]


def test_the_migrations_create_exactly_the_defined_tables(empty_url: str) -> None:
    open_store(empty_url).close()
    engine = engine_of(empty_url)
    with engine.connect() as connection:
        migrated = description(connection)
    run(empty_url, "DROP TABLE alembic_version")
    with engine.begin() as connection:
        metadata.drop_all(connection)
        assert not any(description(connection))
        metadata.create_all(connection)
        assert description(connection) == migrated
    engine.dispose()


def test_the_known_revisions_are_those_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", "oncall.store:migrations")
    scripts = ScriptDirectory.from_config(config)
    assert [script.revision for script in scripts.walk_revisions()][::-1] == list(REVISIONS)
    assert scripts.get_current_head() == HEAD


def test_migrating_equals_opening_and_may_be_repeated(empty_url: str) -> None:
    migrate(empty_url)
    migrate(empty_url)
    with open_store(empty_url) as store:
        store.write(lambda t: t.add_ticket(ticket()))
    migrate(empty_url)
    with open_store(empty_url) as store:
        assert store.read(lambda t: t.ticket("T-1")) == ticket()


_OPEN_TWICE = """
import sys
from oncall.store.database import open_store
open_store(sys.argv[1]).close()
assert ("alembic" in sys.modules) is (sys.argv[2] == "new"), sys.argv[2]
"""


@pytest.mark.slow
def test_alembic_is_loaded_only_when_there_is_something_to_migrate(empty_url: str) -> None:
    for age in ("new", "old"):
        subprocess.run([sys.executable, "-c", _OPEN_TWICE, empty_url, age], check=True)


@pytest.mark.slow
def test_processes_may_open_a_new_database_at_the_same_time(empty_url: str) -> None:
    script = (
        "import sys; from oncall.store.database import open_store; sys.stdin.read(1); open_store(sys.argv[1]).close()"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", script, empty_url], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write(b".")
        child.stdin.flush()
    assert [(child.communicate(timeout=300)[1], child.returncode) for child in children] == [(b"", 0)] * 4
    open_store(empty_url).close()


def test_threads_may_open_a_new_database_at_the_same_time(empty_url: str) -> None:
    faults: list[BaseException] = []

    def open_it() -> None:
        try:
            open_store(empty_url).close()
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert faults == []


def place(url: str) -> str:
    if url.startswith("sqlite"):
        return url.removeprefix("sqlite:///")
    found = re.fullmatch(r"postgresql://postgres:?@/(\w+)\?host=(.+)", url)
    assert found is not None
    return f"postgresql {found[2]}/{found[1]}"


def test_a_newer_database_is_refused_with_what_to_do(empty_url: str) -> None:
    open_store(empty_url).close()
    set_revision(empty_url, "9999")
    for opening in (open_store, migrate):
        with pytest.raises(WrongSchema) as refused:
            opening(empty_url)
        assert str(refused.value) == (
            f"{place(empty_url)}: the database was made by a newer version of oncall; "
            "update oncall on this machine, then run: oncall migrate"
        )


def test_another_programs_database_is_refused_and_not_changed(empty_url: str) -> None:
    if empty_url.startswith("sqlite"):
        Path(empty_url.removeprefix("sqlite:///")).parent.mkdir()
    run(empty_url, "CREATE TABLE songs (title TEXT)")
    for opening in (open_store, migrate):
        with pytest.raises(WrongSchema) as refused:
            opening(empty_url)
        assert str(refused.value) == (
            f"{place(empty_url)}: the database holds another program's tables; "
            "name an empty one in ONCALL_DATABASE_URL, then run: oncall migrate"
        )


def test_an_interrupted_migration_runs_again(sqlite_path: Path) -> None:
    """A crash during the first migration leaves an empty file."""
    sqlite_path.parent.mkdir()
    sqlite_path.touch()
    open_store(f"sqlite:///{sqlite_path}").close()
