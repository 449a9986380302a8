"""The address of the database, read from `ONCALL_DATABASE_URL`. Imports no driver, to keep quick commands quick."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from oncall.errors import SettingsError

_EXAMPLES = 'write "sqlite:////absolute/path/oncall.db" or "postgresql://user:password@host/database"'


@dataclass(frozen=True, slots=True)
class SqliteAddress:
    """A SQLite file on this machine. `path` is absolute."""

    path: Path

    @property
    def place(self) -> str:
        """Return the path of the file, by which messages name the database."""
        return str(self.path)


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """A PostgreSQL database.

    url: for SQLAlchemy with psycopg; it contains the password. place: the name of the database for messages, without
    the password.
    """

    url: str = field(repr=False)
    place: str
    secret: str | None = field(repr=False)


def address_of(url: str, *, setting: str = "ONCALL_DATABASE_URL") -> SqliteAddress | PostgresAddress:
    """Parse the address of a database. A relative SQLite path starts at the working directory.

    setting: the environment variable or option that contains the address. Raises SettingsError, which names it.
    """
    scheme, colon, rest = url.partition("://")
    if colon and scheme == "sqlite":
        return _sqlite(rest, setting)
    if colon and scheme in {"postgresql", "postgres", "postgresql+psycopg"}:
        return _postgres(rest, setting)
    # The text after "://" may hold a password, so the message does not show it.
    found = (
        f'"{scheme}://..." is not a kind of database that oncall supports'
        if colon
        else "is not the address of a database"
    )
    raise SettingsError(f"{setting}: {found}; {_EXAMPLES}")


def _sqlite(rest: str, setting: str) -> SqliteAddress:
    path, mark, _ = rest.partition("?")
    if mark:
        raise SettingsError(
            f'{setting}: "sqlite://{path}?..." has settings behind the "?", and none are read for a SQLite file; '
            f'write "sqlite://{path}", or %3F for a question mark in the name'
        )
    if not rest.startswith("/") or rest == "/" or rest == "/:memory:":
        raise SettingsError(f'{setting}: "sqlite://{rest}" names no file; write "sqlite:////absolute/path/oncall.db"')
    return SqliteAddress(Path(unquote(rest[1:])).absolute())


def _postgres(rest: str, setting: str) -> PostgresAddress:
    try:
        parts = urlsplit(f"postgresql://{rest}")
        host, port = parts.hostname, parts.port
    except ValueError:
        # The error's own text may quote part of the password.
        raise SettingsError(
            f"{setting}: the host or port cannot be read; "
            'write "postgresql://user:password@host:5432/database" and %-encode special characters of the password'
        ) from None
    query = parse_qs(parts.query)
    where = host or query.get("host", ["local socket"])[0]
    place = f"postgresql {where}{f':{port}' if port else ''}{parts.path}"
    secret = parts.password or query.get("password", [None])[0]
    return PostgresAddress(f"postgresql+psycopg://{rest}", place, unquote(secret) if secret else None)
