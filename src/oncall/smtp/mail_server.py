"""The SMTP or LMTP server: its sockets, limits and TLS. `mail_handler` answers the dialogue."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP

from oncall.paging.sending.engine import Engine
from oncall.smtp.mail_handler import MailHandler

LARGEST_MAIL = 10 * 1024 * 1024
"""The most bytes in a mail. The server announces this limit."""
MOST_CONNECTIONS = 50
IDLE_SECONDS = 60.0
"""How long (real seconds) a client may be silent."""
LONGEST_SECONDS = 600.0
"""How long (real seconds) one connection may last, however busy it is."""
LONGEST_LINE = 64 * 1024
"""The most bytes in a line.

Mail programs exceed the 1,000 of the standard, and a refused mail would be a lost ticket.
"""
_SLACK = 1024 * 1024
_NAME = "oncall"


class OpenConnections:
    """The open connections of one server."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: set[_Bounded] = set()

    def add(self, connection: _Bounded) -> bool:
        """Add a connection. Returns False if there are too many already."""
        self._open.add(connection)
        return len(self._open) <= self._most

    def discard(self, connection: _Bounded) -> None:
        """Remove a connection from the list. It is not closed."""
        self._open.discard(connection)

    def close(self) -> None:
        """Close every connection."""
        for each in list(self._open):
            each.close()


class _Bounded(SMTP):
    """A connection that ends if it sends too much or takes too long, so that mails cannot fill the memory."""

    line_length_limit = LONGEST_LINE
    others: OpenConnections
    _received = 0
    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the dialogue, unless too many clients are connected. After STARTTLS the dialogue begins again."""
        has_room = self.others.add(self)
        if self._end is None:
            self._end = self.loop.call_later(LONGEST_SECONDS, self.close)
        super().connection_made(transport)
        if not has_room:
            self._refuse(b"421 4.3.2 Too many connections; try again later\r\n")

    def connection_lost(self, error: Exception | None) -> None:
        """Remove the connection from the list of open connections."""
        self.others.discard(self)
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Accept bytes from the client up to the limits. aiosmtpd alone would store a line of any length."""
        self._received += len(data)
        if self._received > LARGEST_MAIL + _SLACK:
            self._refuse(b"552 5.3.4 The mail is too large\r\n")
            return
        super().data_received(data)

    def _set_post_data_state(self) -> None:
        self._received = 0
        super()._set_post_data_state()  # type: ignore[no-untyped-call]  # aiosmtpd gives it no types

    def _refuse(self, answer: bytes) -> None:
        transport = self.transport
        if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing():
            transport.write(answer)
            transport.close()

    def close(self) -> None:
        """End the connection at once."""
        if self.transport is not None:
            self.transport.close()


class _BoundedLmtp(_Bounded, LMTP):
    """A connection with the same limits for LMTP, by which a relay on the same machine delivers mails."""


@asynccontextmanager
async def receiving_mail(
    engine: Engine, listening: socket.socket, *, is_lmtp: bool = False, tls: ssl.SSLContext | None = None
) -> AsyncIterator[None]:
    """Receive mails on a bound socket while the context lasts. tls: offered by STARTTLS; None: not offered."""
    # aiosmtpd logs every line of a dialogue, and addresses with it.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    loop = asyncio.get_running_loop()
    handler = MailHandler(engine, answers_each=is_lmtp)
    others = OpenConnections(MOST_CONNECTIONS)

    def connection() -> _Bounded:
        made = (_BoundedLmtp if is_lmtp else _Bounded)(
            handler,
            data_size_limit=LARGEST_MAIL,
            enable_SMTPUTF8=True,
            hostname=_NAME,
            ident="oncall takes mail for tickets",
            tls_context=tls,
            timeout=IDLE_SECONDS,
            loop=loop,
        )
        made.others = others
        return made

    server = await loop.create_server(connection, sock=listening)
    try:
        yield
    finally:
        server.close()
        others.close()
        await server.wait_closed()
