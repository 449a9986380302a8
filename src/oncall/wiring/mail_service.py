"""Receives mail as part of the service.

The socket is bound before anything starts; the server runs beside the pager.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from oncall.errors import Refused
from oncall.paging.sending.engine import Engine
from oncall.wiring.intake_settings import MailListen


@dataclass(frozen=True, slots=True)
class MailDoor:
    """A bound socket on which mail is received. tls: the context for STARTTLS; None: it is not offered."""

    listening: socket.socket
    is_lmtp: bool = False
    tls: ssl.SSLContext | None = None

    @property
    def port(self) -> int:
        """Return the port on which mail is received."""
        port: int = self.listening.getsockname()[1]
        return port

    @property
    def address(self) -> str:
        """Return the address and the port as text for people."""
        return f"{self.listening.getsockname()[0]}:{self.port}"

    @property
    def protocol(self) -> str:
        """Return the name of the protocol, `SMTP` or `LMTP`."""
        return "LMTP" if self.is_lmtp else "SMTP"


@contextmanager
def open_mail_door(listen: MailListen | None) -> Iterator[MailDoor | None]:
    """Bind the socket of `ONCALL_SMTP_LISTEN` inside the context. Yields None if the variable is not set.

    Raises Refused for an address that is in use, and SettingsError for a certificate that cannot be used.
    """
    if listen is None:
        yield None
        return
    tls = listen.tls()
    with _bound(listen) as listening:
        yield MailDoor(listening, listen.is_lmtp, tls)


def _bound(listen: MailListen) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(listen.host, listen.port, type=socket.SOCK_STREAM)[0]
        listening = socket.create_server((str(address[0]), listen.port), family=family)
    except OSError as error:
        why = error.strerror or error
        raise Refused(f"cannot listen for mail on {listen.host} port {listen.port}: {why}") from error
    # Send each line of an answer at once: the second would wait 40 milliseconds for the receipt of the first.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


@asynccontextmanager
async def taking_mail(engine: Engine, door: MailDoor | None) -> AsyncIterator[None]:
    """Receive mails until the context ends. door: the socket to use; None: receive no mails."""
    if door is None:
        yield
        return
    from oncall.smtp.mail_server import receiving_mail

    async with receiving_mail(engine, door.listening, is_lmtp=door.is_lmtp, tls=door.tls):
        yield
