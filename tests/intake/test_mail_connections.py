"""Connections to the mail server: LMTP, STARTTLS, limits, and clients that speak no SMTP."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from oncall.smtp.mail_server import MOST_CONNECTIONS
from oncall.wiring.intake_settings import MailListen
from tests.intake.mails import mail
from tests.intake.post_office import SUPPORT, opened, relay
from tests.web.service import Service

CERTIFICATE = Path(__file__).parent / "data" / "localhost-test-only.pem"


@pytest.fixture(scope="module")
def post_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that takes mail in; each test writes mails with ids of its own."""
    door = MailListen("127.0.0.1", 0)
    with Service(tmp_path_factory.mktemp("mail"), is_each_urgent_page_alone=True, mail=door) as running:
        yield running


def test_a_mail_that_is_too_large_is_refused_at_once(post_office: Service) -> None:
    with relay(post_office) as client:
        client.ehlo()
        assert client.esmtp_features["size"] == str(10 * 1024 * 1024)
        code, answer = client.mail("kim@acme.example", ["size=20000000"])
    assert (code, answer) == (552, b"Error: message size exceeds fixed maximum message size")


def test_a_line_without_an_end_does_not_fill_the_memory(post_office: Service) -> None:
    with socket.create_connection(("127.0.0.1", post_office.mail_port), timeout=60) as client:
        client.sendall(b"EHLO a\r\nMAIL FROM:<kim@acme.example>\r\nRCPT TO:<support@itopia.com>\r\nDATA\r\n")
        heard = b""
        with pytest.raises(OSError):
            for _ in range(400):
                client.sendall(b"x" * 65536)
        try:
            while some := client.recv(65536):
                heard += some
        except ConnectionError:
            pass
    assert opened(post_office, mail(message_id="<after@a>"))


def test_commands_that_are_no_smtp_are_refused_and_the_next_client_is_served(post_office: Service) -> None:
    with socket.create_connection(("127.0.0.1", post_office.mail_port), timeout=60) as client:
        reader = client.makefile("rb")
        assert reader.readline().startswith(b"220 oncall")
        for line, code in [
            (b"\x00\xff\xfe", b"500"),
            (b"GET / HTTP/1.1", b"500"),
            (b"DATA", b"503"),
            (b"x" * 900, b"500"),
        ]:
            client.sendall(line + b"\r\n")
            assert reader.readline()[:3] == code, line
    assert opened(post_office, mail(message_id="<next@a>"))


def test_lmtp_answers_for_each_recipient(tmp_path: Path) -> None:
    # smtplib's LMTP client expects one answer, so this one is written out.
    dialogue = [
        (b"LHLO relay.example", [b"250"]),
        (b"MAIL FROM:<kim@acme.example>", [b"250"]),
        (b"RCPT TO:<support@itopia.com>", [b"250"]),
        (b"RCPT TO:<support+acme@itopia.com>", [b"250"]),
        (b"RCPT TO:<sales@itopia.com>", [b"550"]),
        (b"DATA", [b"354"]),
        (mail(message_id="<lmtp@a>") + b".", [b"250", b"250"]),
        (b"QUIT", [b"221"]),
    ]
    door = MailListen("127.0.0.1", 0, is_lmtp=True)
    with (
        Service(tmp_path, is_each_urgent_page_alone=True, mail=door) as service,
        socket.create_connection(("127.0.0.1", service.mail_port), timeout=60) as client,
        client.makefile("rb") as reader,
    ):
        assert reader.readline().startswith(b"220 ")
        for line, codes in dialogue:
            client.sendall(line + b"\r\n")
            assert [_last_line(reader)[:3] for _ in codes] == codes, line


def _last_line(reader: BinaryIO) -> bytes:
    """Return the last line of one answer."""
    return next(line for line in iter(reader.readline, b"") if line[3:4] == b" ")


def test_starttls_is_offered_with_a_certificate(tmp_path: Path) -> None:
    door = MailListen("127.0.0.1", 0, certificate=CERTIFICATE)
    trusting = ssl.create_default_context(cafile=CERTIFICATE)
    with Service(tmp_path, is_each_urgent_page_alone=True, mail=door) as service:
        with smtplib.SMTP("localhost", service.mail_port) as client:
            client.ehlo()
            assert client.has_extn("starttls")
            client.starttls(context=trusting)
            assert client.sendmail("kim@acme.example", [SUPPORT], mail(message_id="<tls@a>")) == {}
        with smtplib.SMTP("127.0.0.1", service.mail_port) as plain:
            assert plain.sendmail("kim@acme.example", [SUPPORT], mail(message_id="<plain@a>")) == {}


def test_without_a_certificate_starttls_is_not_offered(post_office: Service) -> None:
    with relay(post_office) as client:
        client.ehlo()
        assert not client.has_extn("starttls")


def test_one_client_too_many_is_told_to_come_back(post_office: Service) -> None:
    clients = [
        socket.create_connection(("127.0.0.1", post_office.mail_port), timeout=60) for _ in range(MOST_CONNECTIONS)
    ]
    try:
        for client in clients:
            assert client.recv(100).startswith(b"220")
        with socket.create_connection(("127.0.0.1", post_office.mail_port), timeout=60) as another:
            assert another.recv(100) == b"421 4.3.2 Too many connections; try again later\r\n"
    finally:
        for client in clients:
            client.close()
    post_office.until(lambda: _is_served(post_office))


def _is_served(service: Service) -> bool:
    with socket.create_connection(("127.0.0.1", service.mail_port), timeout=60) as client:
        return client.recv(100).startswith(b"220")
