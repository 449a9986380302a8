"""A mail server on loopback: it keeps what it gets, and refuses the addresses that a test names."""

from __future__ import annotations

import socket
import threading
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller

from doubles.loopback import listening_socket
from oncall.channels.mail_server import MailServer


class _OnSocket(Controller):
    """A controller that listens on a given socket."""

    def __init__(self, handler: object, listening: socket.socket, **more: Any) -> None:
        super().__init__(handler, **more)
        self._listening = listening

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listening)


class Mailbox:
    """Answers each address with its code of `answers`, 250 if it has none.

    most_each: how many mails it takes over one connection before it answers 421; None: any number.
    """

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answers: dict[str, str] = {}
        self.sessions: set[int] = set()
        self.most_each: int | None = None
        self._begun: dict[int, int] = {}
        self.changed = threading.Condition()
        # The port is taken here, so that no other program can get it before the server listens.
        self._listening = listening_socket()
        self._port: int = self._listening.getsockname()[1]
        self._controller = _OnSocket(self, self._listening, hostname="127.0.0.1", port=self._port)

    # aiosmtpd gives its own objects, without types.
    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        """Take or refuse one address."""
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        """Begin a mail, unless the connection has carried enough."""
        self._begun[id(session)] = self._begun.get(id(session), 0) + 1
        if self.most_each is not None and self._begun[id(session)] > self.most_each:
            return "421 too many mails over this connection"
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep one mail."""
        with self.changed:
            self.sessions.add(id(session))
            self.letters.append(message_from_bytes(envelope.content, policy=default))
            self.changed.notify_all()
        return "250 OK"

    @property
    def server(self) -> MailServer:
        """Return the settings that lead here."""
        return MailServer("127.0.0.1", self._port, is_tls=False)

    def wait_for(self, count: int) -> list[EmailMessage]:
        """Wait until so many mails came, and return them."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.letters) >= count, 60), "no mail came in time"
            return list(self.letters)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()
