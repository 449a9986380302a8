"""Where the database is, as `ONCALL_DATABASE_URL` says it. Knows no driver, so that quick answers stay quick."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from oncall.errors import SettingsError

_EXAMPLES = 'write "sqlite:////absolute/path/oncall.db" or "postgresql://user:password@host/database"'


@dataclass(frozen=True, slots=True)
class SqliteAddress:
    """A file of this machine; `path` is absolute."""

    path: Path

    @property
    def place(self) -> str:
        """What messages call it."""
        return str(self.path)


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """A PostgreSQL database. `url` is for psycopg through SQLAlchemy and holds the password; `place` does not."""

    url: str = field(repr=False)
    place: str
    secret: str | None = field(repr=False)


def address_of(url: str, *, said_in: str = "ONCALL_DATABASE_URL") -> SqliteAddress | PostgresAddress:
    """What `url` names. said_in: the setting or option that says it.

    Raises SettingsError, which names `said_in`; a relative SQLite path is taken from the working directory.
    """
    scheme, colon, rest = url.partition("://")
    if colon and scheme == "sqlite":
        return _sqlite(rest, said_in)
    if colon and scheme in {"postgresql", "postgres", "postgresql+psycopg"}:
        return _postgres(rest, said_in)
    # The rest of it may hold a password, so only the part before "://" is shown.
    found = (
        f'"{scheme}://..." is not a database that this product knows' if colon else "is not the address of a database"
    )
    raise SettingsError(f"{said_in}: {found}; {_EXAMPLES}")


def _sqlite(rest: str, said_in: str) -> SqliteAddress:
    path, mark, _ = rest.partition("?")
    if mark:
        raise SettingsError(
            f'{said_in}: "sqlite://{path}?..." has settings behind the "?", and none are read for a SQLite file; '
            f'write "sqlite://{path}", or %3F for a question mark in the name'
        )
    if not rest.startswith("/") or rest == "/" or rest == "/:memory:":
        raise SettingsError(f'{said_in}: "sqlite://{rest}" names no file; write "sqlite:////absolute/path/oncall.db"')
    return SqliteAddress(Path(unquote(rest[1:])).absolute())


def _postgres(rest: str, said_in: str) -> PostgresAddress:
    try:
        parts = urlsplit(f"postgresql://{rest}")
        host, port = parts.hostname, parts.port
    except ValueError:
        # The error's own text may quote a part of the password.
        raise SettingsError(
            f"{said_in}: the host or port cannot be read; "
            'write "postgresql://user:password@host:5432/database" and %-encode special characters of the password'
        ) from None
    query = parse_qs(parts.query)
    where = host or query.get("host", ["local socket"])[0]
    place = f"postgresql {where}{f':{port}' if port else ''}{parts.path}"
    secret = parts.password or query.get("password", [None])[0]
    return PostgresAddress(f"postgresql+psycopg://{rest}", place, unquote(secret) if secret else None)
