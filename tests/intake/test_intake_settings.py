"""The variables for mail, mapping files and signing secrets, and what a wrong one is answered."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from oncall.errors import FileFaults, Refused, SettingsError
from oncall.wiring import Settings, read_settings
from oncall.wiring.intake_settings import IntakeSettings, MailListen
from oncall.wiring.mail_service import open_mail_door
from oncall.wiring.web_service import make_app

SECRETS = {"ONCALL_SIGNING_SECRET_ZENDESK": "new old", "ONCALL_SIGNING_SECRET_MY_DESK": "one"}


def test_each_variable_is_read(tmp_path: Path) -> None:
    found = read_settings({"ONCALL_SMTP_LISTEN": "127.0.0.1:2525", "ONCALL_MAPPINGS": str(tmp_path), **SECRETS}).intake
    assert (found.mail, found.mappings) == (MailListen("127.0.0.1", 2525), tmp_path)
    assert found.signing_secrets == {"zendesk": ("new", "old"), "my-desk": ("one",)}
    assert "old" not in repr(found)


@pytest.mark.parametrize(
    ("written", "listen"),
    [
        ("lmtp:127.0.0.1:24", MailListen("127.0.0.1", 24, is_lmtp=True)),
        ("smtp:mail.example:25", MailListen("mail.example", 25)),
        ("[::1]:2525", MailListen("::1", 2525)),
    ],
)
def test_mail_may_come_by_smtp_or_lmtp(written: str, listen: MailListen) -> None:
    assert read_settings({"ONCALL_SMTP_LISTEN": written}).intake.mail == listen


@pytest.mark.parametrize("written", ["2525", "127.0.0.1", "http://127.0.0.1:25", "127.0.0.1:99999", "a b:25", ":25"])
def test_an_address_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        read_settings({"ONCALL_SMTP_LISTEN": written})
    assert str(refusal.value) == (
        f'ONCALL_SMTP_LISTEN: "{written}" is not an address to listen on; '
        'write "127.0.0.1:2525", or "lmtp:127.0.0.1:2525" for LMTP'
    )


def test_a_folder_that_is_not_there_is_refused() -> None:
    with pytest.raises(SettingsError) as refusal:
        read_settings({"ONCALL_MAPPINGS": "/nowhere"})
    assert str(refusal.value) == 'ONCALL_MAPPINGS: "/nowhere" is not a folder; name the one with your mapping files'


def test_a_key_without_a_certificate_is_refused() -> None:
    with pytest.raises(SettingsError, match="ONCALL_SMTP_KEY is set without ONCALL_SMTP_CERTIFICATE; set both, or"):
        read_settings({"ONCALL_SMTP_LISTEN": "127.0.0.1:25", "ONCALL_SMTP_KEY": "/k.pem"})


def test_a_certificate_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    missing = tmp_path / "c.pem"
    with pytest.raises(SettingsError) as refusal:
        MailListen("127.0.0.1", 0, certificate=missing).tls()
    assert str(refusal.value) == (
        f"ONCALL_SMTP_CERTIFICATE: {missing} and its key cannot be used: No such file or directory; "
        "name a PEM file with the certificate, and the key's in ONCALL_SMTP_KEY"
    )


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(Refused, match=f"cannot listen for mail on 127.0.0.1 port {port}: Address already in use"),
            open_mail_door(MailListen("127.0.0.1", port)),
        ):
            pass


def test_a_relay_gets_each_line_of_an_answer_without_delay() -> None:
    with open_mail_door(MailListen("127.0.0.1", 0)) as door:
        assert door is not None
        assert door.listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_the_service_does_not_start_with_a_faulty_mapping(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("ticket: {id: a..b, impact: c}", "utf-8")
    settings = Settings(
        database_url=f"sqlite:///{tmp_path / 'a.db'}", sms="outbox", intake=IntakeSettings(mappings=tmp_path)
    )
    with pytest.raises(FileFaults) as refusal:
        make_app(settings, address="http://127.0.0.1:8000")
    assert str(refusal.value) == (f'{tmp_path / "own.yaml"}:1:16: ticket.id: "a..b" is no JMESPath from here on')
