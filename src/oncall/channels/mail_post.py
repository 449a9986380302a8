"""Sends mail through the operator's mail server, by SMTP."""

from __future__ import annotations

import smtplib
import ssl
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from oncall.channels.mail_server import MailServer
from oncall.channels.own_thread import in_own_thread
from oncall.errors import AddressRefused, Temporary, Unreachable
from oncall.paging.ports.outgoing_mail import OutgoingMail, mail_from_body
from oncall.paging.ports.relay import RelayMessage

TIMEOUT_SECONDS = 10.0
"""Real seconds for each step of the exchange with the mail server."""
NO_SERVER = "ONCALL_SMTP_URL is not set; set it to smtps://user:password@host:465 and restart"
NO_SENDER = "ONCALL_MAIL_FROM is not set; set it to the address that mail comes from and restart"
_WHOLE_LINES = policy.default.clone(max_line_length=900)
"""Lines have up to 900 characters, not 78: a mail program does not recognize a message id that is folded."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class MailPost:
    """Sends mail to subscribers or customers, over one connection at a time.

    Use it from one event loop and close it at the end.

    server, sender: None if the setting is absent.
    """

    def __init__(self, server: MailServer | None, sender: str | None) -> None:
        self._server, self._sender = server, sender
        self._connection: smtplib.SMTP | None = None

    async def carry(self, message: RelayMessage, *, real_now: datetime) -> None:
        """Send a mail. Raises DeliveryError, whose words hold no address, if the server does not accept it."""
        server, sender = self._server, self._sender
        if server is None:
            raise Temporary(NO_SERVER)
        if sender is None:
            raise Temporary(NO_SENDER)
        mail = mail_from_body(message.body)
        letter = _letter(mail, sender, message.id, real_now)
        await in_own_thread(lambda: self._send(server, sender, mail.to, letter), name="mail")

    async def close(self) -> None:
        """Close the connection."""
        self._drop()

    def _send(self, server: MailServer, sender: str, to: str, letter: EmailMessage) -> None:
        try:
            self._open(server).send_message(letter, from_addr=sender, to_addrs=[to])
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

    def _open(self, server: MailServer) -> smtplib.SMTP:
        """Return the open connection, or a new one if the server has ended it."""
        if self._connection is not None:
            try:
                if self._connection.noop()[0] == 250:
                    return self._connection
            except (smtplib.SMTPException, OSError):
                pass
            self._drop()
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
    return AddressRefused(words) if code >= 500 else Temporary(words)


def _letter(mail: OutgoingMail, sender: str, message_id: str, real_now: datetime) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"] = sender, mail.to
    letter["Subject"] = " ".join(mail.subject.split())
    letter["Date"] = format_datetime(real_now)
    usual = {
        "Message-ID": f"<{message_id}@{sender.rpartition('@')[2].rstrip('>')}>",
        "Auto-Submitted": "auto-generated",
    }
    for name, value in {**usual, **mail.headers}.items():
        letter[name] = value
    letter.set_content(mail.text)
    letter.policy = _WHOLE_LINES
    return letter
