"""The address and login of the operator's mail server. Imports nothing, because every command reads the settings."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MailServer:
    """The operator's mail server. is_tls: the connection begins with TLS. `repr` shows no password."""

    host: str
    port: int
    is_tls: bool
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
