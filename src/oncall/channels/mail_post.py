"""Sends mail through the operator's mail server, by SMTP."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from oncall.channels.mail_bytes import mail_bytes
from oncall.channels.mail_server import MailServer
from oncall.channels.own_thread import in_own_thread
from oncall.errors import AddressDelayed, AddressRefused, DeliveryError, Temporary, Unreachable
from oncall.paging.ports.outgoing_mail import OutgoingMail, mail_from_body
from oncall.paging.ports.relay import RelayMessage, stops_others

TIMEOUT_SECONDS = 10.0
"""Real seconds for each step of an exchange with the mail server."""
NO_SERVER = "ONCALL_SMTP_URL is not set; set it to smtps://user:password@host:465 and restart"
NO_SENDER = "ONCALL_MAIL_FROM is not set; set it to the address that mail comes from and restart"
CLOSING = 421
"""The code with which a mail server ends the connection, so that no other mail is accepted either."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class MailPost:
    """Sends mail to subscribers or customers, over one connection at a time.

    Use it from one event loop and close it at the end. server, sender: None if the setting is not set.
    """

    def __init__(self, server: MailServer | None, sender: str | None) -> None:
        self._server, self._sender = server, sender
        self._connection: smtplib.SMTP | None = None
        self._is_halted = False

    async def carry(self, message: RelayMessage, *, real_now: datetime) -> None:
        """Send a mail. Raises DeliveryError, which shows no address, if the server does not accept the mail."""
        (outcome,) = await self.carry_batch([message], real_now=real_now)
        if outcome is not None:
            raise outcome

    async def carry_batch(self, messages: Sequence[RelayMessage], *, real_now: datetime) -> list[DeliveryError | None]:
        """Send mails in order in one thread, until the server accepts no mail any more, or until `halt` is called.

        Returns one entry for each mail that was tried: the error if the mail was not accepted, else None.
        """
        server, sender = self._server, self._sender
        if server is None:
            return [Temporary(NO_SERVER)]
        if sender is None:
            return [Temporary(NO_SENDER)]
        self._is_halted = False
        return await in_own_thread(lambda: list(self._outcomes(server, sender, messages, real_now)), name="mail")

    def halt(self) -> None:
        """Stop the batch that is being sent, after the present mail."""
        self._is_halted = True

    async def close(self) -> None:
        """Close the connection to the mail server."""
        self._drop()

    def send_now(self, server: MailServer, sender: str, message_id: str, body: str, real_now: datetime) -> None:
        """Send one mail, and wait for the server's answer. Raises DeliveryError if it may not have arrived.

        message_id, body: the fields of the mail's RelayMessage.
        """
        mail = mail_from_body(body)
        self._send(server, sender, mail.to, _written(mail, sender, message_id, real_now))

    def _outcomes(
        self, server: MailServer, sender: str, messages: Iterable[RelayMessage], real_now: datetime
    ) -> Iterator[DeliveryError | None]:
        for number, message in enumerate(messages):
            if self._is_halted and number > 0:
                return
            try:
                self.send_now(server, sender, message.id, message.body, real_now)
            except DeliveryError as error:
                yield error
                if stops_others(error):
                    return
            else:
                yield None

    def _send(self, server: MailServer, sender: str, to: str, letter: bytes) -> None:
        try:
            self._converse(server, sender, to, letter)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refusal(next(iter(error.recipients.values()))[0], "the address") from None
        except smtplib.SMTPDataError as error:
            raise _refusal(error.smtp_code, "the mail") from None
        except smtplib.SMTPAuthenticationError as error:
            self._drop()
            raise Temporary(f"SMTP {error.smtp_code}: the login is refused; check ONCALL_SMTP_URL") from None
        except smtplib.SMTPResponseException as error:
            self._drop()
            raise Temporary(f"SMTP {error.smtp_code}") from None
        except (OSError, ValueError) as error:
            # smtplib's own errors are OSErrors. Their texts may quote the address or the server's words.
            self._drop()
            raise Unreachable(f"no connection to the mail server: {type(error).__name__}") from None

    def _converse(self, server: MailServer, sender: str, to: str, letter: bytes) -> None:
        """Send one mail. letter: the mail as bytes. Raises the errors of smtplib."""
        connection = self._with_sender(server, sender)
        code, words = connection.rcpt(to)
        if code not in (250, 251):
            connection.rset()
            raise smtplib.SMTPRecipientsRefused({to: (code, words)})
        try:
            code, words = connection.data(letter)
        except smtplib.SMTPDataError:
            connection.rset()
            raise
        if code != 250:
            connection.rset()
            raise smtplib.SMTPDataError(code, words)

    def _with_sender(self, server: MailServer, sender: str) -> smtplib.SMTP:
        """Return a connection on which the server has accepted the sender.

        Opens a new connection if the server has closed the old one, as some do after a pause or after a number of
        mails.
        """
        if self._connection is not None:
            try:
                if self._connection.mail(sender)[0] == 250:
                    return self._connection
            except (smtplib.SMTPException, OSError):
                pass
            self._drop()
        connection = self._open(server)
        code, words = connection.mail(sender)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, words, sender)
        return connection

    def _open(self, server: MailServer) -> smtplib.SMTP:
        """Open a connection to the mail server, with TLS if possible and a login if the settings have one."""
        context = ssl.create_default_context()
        if server.is_tls:
            made: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            made = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        self._connection = made
        made.ehlo()
        if not server.is_tls and made.has_extn("starttls"):
            made.starttls(context=context)
            made.ehlo()
        elif not server.is_tls and server.user is not None and server.host not in _LOOPBACK:
            raise Temporary("the mail server offers no TLS, and the password is not sent without it")
        if server.user is not None:
            made.login(server.user, server.password or "")
        return made

    def _drop(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()


def _refusal(code: int, what: str) -> AddressRefused | Temporary:
    words = f"SMTP {code}: the mail server does not accept {what}"
    if code == CLOSING:
        return Temporary(words)
    return AddressRefused(words) if code >= 500 else AddressDelayed(words)


def _written(mail: OutgoingMail, sender: str, message_id: str, real_now: datetime) -> bytes:
    try:
        return mail_bytes(mail, sender, message_id, real_now)
    except ValueError:
        # Trying again would not help, and would hold up every later mail.
        raise AddressRefused("the mail has a header that cannot be sent") from None
