"""The mail server for tests: connects to it and sends mails as a relay does."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager

from tests.web.service import Service

SUPPORT = "support@itopia.com"


@contextmanager
def relay(service: Service) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", service.mail_port, local_hostname="relay.example", timeout=60) as client:
        yield client


def send(service: Service, raw: bytes, *, sender: str = "kim@acme.example", to: str = SUPPORT) -> str:
    """Send one mail as a relay does, and return the server's answer."""
    with relay(service) as client:
        client.ehlo_or_helo_if_needed()
        assert client.mail(sender)[0] == 250
        code, answer = client.rcpt(to)
        if code == 250:
            code, answer = client.data(raw)
        return f"{code} {answer.decode()}"


def opened(service: Service, raw: bytes) -> str:
    """Send a mail that opens a ticket, and return its id."""
    code, status, ticket, became = send(service, raw).split()
    assert (code, status, became) == ("250", "2.0.0", "opened")
    return ticket
