"""The address of a database: which database it names, and what messages show of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from oncall.errors import SettingsError
from oncall.store.address import PostgresAddress, SqliteAddress, address_of
from oncall.store.database import open_store
from oncall.wiring import Settings, make_store, quick_schedule, sqlite_path

_EXAMPLES = 'write "sqlite:////absolute/path/oncall.db" or "postgresql://user:password@host/database"'


def test_three_slashes_name_a_relative_file_and_four_an_absolute_one() -> None:
    assert address_of("sqlite:////var/lib/oncall.db") == SqliteAddress(Path("/var/lib/oncall.db"))
    assert address_of("sqlite:///data/oncall.db") == SqliteAddress(Path.cwd() / "data" / "oncall.db")
    assert address_of("sqlite:////var/on%20call.db") == SqliteAddress(Path("/var/on call.db"))


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://ana:s3cret@db.example.com:5433/oncall", "postgresql db.example.com:5433/oncall"),
        ("postgres://db.example.com/oncall", "postgresql db.example.com/oncall"),
        ("postgresql+psycopg://db/oncall?password=s3cret", "postgresql db/oncall"),
        ("postgresql:///oncall?host=/run/postgresql&password=s3cret", "postgresql /run/postgresql/oncall"),
        ("postgresql:///oncall", "postgresql local socket/oncall"),
    ],
)
def test_the_place_of_a_postgresql_address_is_its_host_and_database(url: str, place: str) -> None:
    address = address_of(url)
    assert isinstance(address, PostgresAddress)
    assert address.place == place
    assert address.url.startswith("postgresql+psycopg://")
    assert "s3cret" not in repr(address)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://ana:s3cret@db/x", f'"mysql://..." is not a kind of database that oncall supports; {_EXAMPLES}'),
        ("s3cret", f"is not the address of a database; {_EXAMPLES}"),
        ("", f"is not the address of a database; {_EXAMPLES}"),
        ("sqlite://", '"sqlite://" names no file; write "sqlite:////absolute/path/oncall.db"'),
        ("sqlite:///", '"sqlite:///" names no file; write "sqlite:////absolute/path/oncall.db"'),
        ("sqlite:///:memory:", '"sqlite:///:memory:" names no file; write "sqlite:////absolute/path/oncall.db"'),
        (
            "sqlite:///x.db?mode=ro",
            '"sqlite:///x.db?..." has settings behind the "?", and none are read for a SQLite file; '
            'write "sqlite:///x.db", or %3F for a question mark in the name',
        ),
        (
            "sqlite:////var/lib/oncall.db?",
            '"sqlite:////var/lib/oncall.db?..." has settings behind the "?", and none are read for a SQLite file; '
            'write "sqlite:////var/lib/oncall.db", or %3F for a question mark in the name',
        ),
        (
            "postgresql://ana:s3/cret@db/x",
            'the host or port cannot be read; write "postgresql://user:password@host:5432/database" '
            "and %-encode special characters of the password",
        ),
    ],
)
def test_an_address_that_cannot_be_read_is_refused_without_showing_a_password(url: str, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        open_store(url)
    assert str(refused.value) == f"ONCALL_DATABASE_URL: {message}"


def test_every_reader_of_the_address_finds_the_same_file(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/on%20call%3F.db")
    make_store(settings).close()
    assert sqlite_path(settings) == tmp_path / "on call?.db"
    assert (tmp_path / "on call?.db").exists()
    with pytest.raises(SettingsError):
        quick_schedule(Settings(database_url=f"sqlite:///{tmp_path}/oncall.db?mode=ro"))
