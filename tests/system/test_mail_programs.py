"""Debian's swaks and msmtp hand mails to `oncall serve`, plainly and with STARTTLS."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from oncall.wiring.intake_settings import MailListen
from tests.intake.mails import mail
from tests.web.service import Service

pytestmark = pytest.mark.system_packages
CERTIFICATE = Path(__file__).parents[1] / "intake" / "data" / "localhost-test-only.pem"


@pytest.fixture(scope="module")
def post_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    door = MailListen("127.0.0.1", 0, certificate=CERTIFICATE)
    with Service(tmp_path_factory.mktemp("mail"), is_each_urgent_page_alone=True, mail=door) as running:
        yield running


def program(name: str) -> str:
    found = shutil.which(name)
    assert found is not None, f"install Debian's {name}"
    return found


def subjects(service: Service) -> list[str]:
    return [one["ticket"]["subject"] for one in service.call("GET", "/v1/tickets").json()["tickets"]]


@pytest.mark.parametrize("options", [[], ["-tls"], ["--attach", "-"]])
def test_a_mail_of_swaks_opens_a_ticket(post_office: Service, options: list[str]) -> None:
    subject = f"Checkout is down {' '.join(options)}".strip()
    command = [program("swaks"), "--server", "127.0.0.1", "--port", str(post_office.mail_port), "--silent", "1"]
    command += ["--from", "kim@acme.example", "--to", "support@itopia.com", "--header", f"Subject: {subject}", *options]
    ran = subprocess.run(command, input="log line\n", capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert subject in subjects(post_office)


def test_swaks_is_told_that_a_recipient_is_foreign(post_office: Service) -> None:
    command = [program("swaks"), "--server", "127.0.0.1", "--port", str(post_office.mail_port)]
    command += ["--from", "kim@acme.example", "--to", "sales@itopia.com"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 24
    assert "550 5.1.1 No ticket is opened by mail to this address" in ran.stdout


@pytest.mark.parametrize("tls", ["off", "on"])
def test_a_mail_of_msmtp_opens_a_ticket(post_office: Service, tls: str) -> None:
    subject = f"Sessions do not start, tls {tls}"
    command = [program("msmtp"), "--host=127.0.0.1", f"--port={post_office.mail_port}", f"--tls={tls}"]
    command += ["--tls-starttls=on", "--tls-certcheck=off"] if tls == "on" else []
    command += ["--from=kim@acme.example", "support@itopia.com"]
    raw = mail(subject=subject, message_id=f"<msmtp-{tls}@a>").replace(b"\r\n", b"\n")
    ran = subprocess.run(command, input=raw, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert subject in subjects(post_office)
