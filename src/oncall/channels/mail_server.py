"""The mail server that mail goes out through. Imports nothing, because every command reads the settings."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over. is_tls: the connection begins with TLS. `repr` shows no password."""

    host: str
    port: int
    is_tls: bool
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
