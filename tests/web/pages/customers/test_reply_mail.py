"""Replies that reach the customer by mail, and the answers that come back: over SMTP on loopback, both ways."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from itertools import count
from typing import Any, cast

import pytest
from bs4.element import Tag
from structlog.testing import capture_logs

from oncall.paging.views.ticket_view_types import WholeTicketView
from oncall.paging.views.ticket_words import timeline_rows
from oncall.wiring.intake_settings import MailListen
from oncall.wiring.mail_settings import MailSettings
from tests.cli.conftest import Oncall, oncall  # noqa: F401
from tests.intake.mails import mail
from tests.intake.post_office import send
from tests.paging.world import ticket_body
from tests.relay.mailboxes import Mailbox
from tests.web.browser import Browser
from tests.web.service import Service

SUPPORT, KIM = "support@itopia.example", "kim@acme.example"
NUMBERS = count(1)


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    """The mail server of the customers."""
    with Mailbox() as server:
        yield server


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Service]:
    """A service that takes mail in and sends mail out, on a Saturday night."""
    with Service(
        tmp_path_factory.mktemp("desk"),
        is_roster_published=True,
        mail=MailListen("127.0.0.1", 0),
        mail_out=MailSettings(mailbox.server, SUPPORT),
        policy_lines=f"\nmail: {{recipients: [{SUPPORT}]}}\n",
    ) as service:
        yield service


def by_mail(desk: Service) -> tuple[str, str]:
    """Open a ticket by mail. Return its id and the id of the mail."""
    own = f"<m{next(NUMBERS)}@acme.example>"
    return opened_at(desk, mail("It is slow\nsince noon", message_id=own)), own


def opened_at(desk: Service, raw: bytes) -> str:
    code, status, ticket, became = send(desk, raw, sender=KIM, to=SUPPORT).split()
    assert (code, status, became) == ("250", "2.0.0", "opened")
    return ticket


def reply(desk: Service, ticket: str, text: str, **more: Any) -> None:
    body = {"kind": "replied", "by": "ana", "message": text, **more}
    assert desk.post(body, by="mei", path=f"/v1/tickets/{ticket}/events").status_code == 200


def letters(mailbox: Mailbox, ticket: str, many: int) -> list[EmailMessage]:
    """Wait for the mails about a ticket, and return them."""
    with mailbox.changed:
        assert mailbox.changed.wait_for(lambda: len(_about(mailbox, ticket)) >= many, 60), "no mail came in time"
        return _about(mailbox, ticket)


def words_of(letter: EmailMessage) -> str:
    return str(letter.get_content()).replace("\r\n", "\n")


def _about(mailbox: Mailbox, ticket: str) -> list[EmailMessage]:
    return [each for each in mailbox.letters if f"[{ticket}]" in str(each["Subject"])]


def replies(desk: Service, ticket: str, kind: str = "replied") -> list[dict[str, Any]]:
    return [each for each in desk.ticket(ticket)["events"] if each["kind"] == kind]


def test_a_reply_is_mailed_in_the_customers_thread_and_the_answer_comes_back(desk: Service, mailbox: Mailbox) -> None:
    ticket, first = by_mail(desk)
    with capture_logs() as logs:
        reply(desk, ticket, "We restarted it.\nPlease try again.", why="their own firewall")
        (letter,) = letters(mailbox, ticket, 1)
        desk.until(lambda: replies(desk, ticket)[0]["mail"]["state"] == "sent")
    assert (letter["From"], letter["To"], letter["Reply-To"]) == (SUPPORT, KIM, SUPPORT)
    assert letter["Subject"] == f"[{ticket}] Sessions do not start"
    assert (letter["In-Reply-To"], letter["References"], letter["Auto-Submitted"]) == (first, first, "no")
    text = words_of(letter)
    assert text.startswith(f"Ana wrote about your ticket {ticket}:\n\nWe restarted it.\nPlease try again.\n\n-- \n")
    assert "Answer this mail to write to us.\nThe page of your ticket: http" in text
    assert "firewall" not in text
    assert not any(word in str(logs) for word in (KIM, "Please try again", text.rpartition("/t/")[2].strip()))
    own = str(letter["Message-ID"])
    again = mail("Still slow\n> old", subject="Re: other words", message_id="<again@a>", In_Reply_To=own)
    assert send(desk, again, sender=KIM, to=SUPPORT) == f"250 2.0.0 {ticket} recorded"
    assert replies(desk, ticket, "customer_replied")[-1]["details"]["text"] == "Still slow"
    reply(desk, ticket, "Thank you.")
    assert letters(mailbox, ticket, 2)[1]["In-Reply-To"] == "<again@a>"


def test_the_page_shows_the_mails_of_both_sides_and_the_mail_leads_to_the_page(desk: Service, mailbox: Mailbox) -> None:
    ticket, _ = by_mail(desk)
    reply(desk, ticket, "One moment.")
    path = words_of(letters(mailbox, ticket, 1)[0]).rpartition(desk.address)[2].strip()
    with Browser(desk) as browser:
        words = " ".join(browser.page(path).get_text(" ").split())
    assert "You wrote: It is slow since noon" in words
    assert "Ana wrote to you: One moment." in words


def test_the_timeline_shows_how_the_mail_was_delivered(desk: Service, mailbox: Mailbox) -> None:
    mailbox.answers["gone@acme.example"] = "550 no such user"
    name = f"T-{next(NUMBERS)}"
    assert desk.post(ticket_body(name, impact="low", contact="Gone Joe <gone@acme.example>")).status_code == 202
    reply(desk, name, "Hello?")
    desk.until(lambda: replies(desk, name)[0].get("mail", {}).get("state") == "quarantined")
    words = "  mail to the customer: failed (SMTP 550: the mail server does not accept the address)"
    assert [row[3] for row in timeline_rows(cast("WholeTicketView", desk.ticket(name))) if "mail to" in row[3]] == [
        words
    ]
    assert "gone@" not in str(desk.call("GET", "/v1/webhooks").json())


def test_an_open_page_shows_each_step_of_a_mails_delivery_without_another_event(
    desk: Service, mailbox: Mailbox
) -> None:
    ticket, _ = by_mail(desk)
    path = f"/board/tickets/{ticket}"
    reply(desk, ticket, "One moment.")
    letters(mailbox, ticket, 1)
    desk.until(lambda: replies(desk, ticket)[0]["mail"]["state"] == "sent")
    desk.until(lambda: all(each["status"] == "delivered" for each in desk.ticket(ticket)["attempts"]))
    with Browser(desk) as browser:
        browser.sign_in("mei")
        body = browser.page(path).find("body")
        assert isinstance(body, Tag)
        with browser.http.stream("GET", f"{body['data-stream']}?after={body['data-at']}") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "retry: 2000"
            with closing(sqlite3.connect(desk.file)) as file, file:
                file.execute(
                    "UPDATE relay_messages SET sent_at = NULL, due_at = NULL, error = 'away' WHERE ticket = ?", [ticket]
                )
            assert "event: changed" in lines
        assert "mail to the customer: failed" in browser.page(path).get_text()


@pytest.mark.parametrize(
    ("contact", "more"),
    [
        (None, {}),
        ("+1 305 555 0101", {}),
        (SUPPORT, {}),
        (KIM, {"mailed": True}),
        (KIM, {"message": None, "why": "called them"}),
    ],
)
def test_a_reply_that_must_not_be_mailed_is_not(
    desk: Service, mailbox: Mailbox, contact: str | None, more: dict[str, Any]
) -> None:
    name, last = f"T-{next(NUMBERS)}", f"T-{next(NUMBERS)}"
    assert desk.post(ticket_body(name, impact="low", contact=contact)).status_code == 202
    assert desk.post(ticket_body(last, impact="low", contact=KIM)).status_code == 202
    reply(desk, name, **{"text": "Hello", **more} if "message" not in more else {"text": "", **more})
    reply(desk, last, "the next mail")
    letters(mailbox, last, 1)
    assert _about(mailbox, name) == []
    assert "mail" not in replies(desk, name)[0]


@pytest.mark.parametrize("to", ["support", "customer"])
def test_a_reply_that_an_engineer_mails_reaches_the_customer_once(desk: Service, mailbox: Mailbox, to: str) -> None:
    ticket, first = by_mail(desk)
    raw = mail(
        "We look at it.\nAna", sender="ana@example.com", message_id=f"<{ticket}@itopia>", In_Reply_To=first, Cc="x@y.z"
    )
    if to == "customer":
        raw = raw.replace(b"To: support@itopia.com", f"To: Kim Fox <{KIM.upper()}>, {SUPPORT}".encode())
    assert send(desk, raw, sender="ana@example.com", to=SUPPORT) == f"250 2.0.0 {ticket} recorded"
    (said,) = replies(desk, ticket)
    assert (said["by"], said["details"]["text"]) == ("ana", "We look at it.\nAna")
    if to == "support":
        (letter,) = letters(mailbox, ticket, 1)
        assert "Ana wrote about your ticket" in str(letter.get_content())
    else:
        reply(desk, ticket, "the next mail")
        assert ["the next mail" in str(each.get_content()) for each in letters(mailbox, ticket, 1)] == [True]


def test_an_engineers_mail_that_only_names_the_ticket_stays_inside(desk: Service, mailbox: Mailbox) -> None:
    """Anyone can write an engineer's address and a ticket's id into a mail."""
    ticket, _ = by_mail(desk)
    raw = mail("secret words", subject=f"[{ticket}]", sender="ana@example.com", message_id=f"<f{ticket}@itopia>")
    assert send(desk, raw, sender="ana@example.com", to=SUPPORT) == f"250 2.0.0 {ticket} recorded"
    assert "text" not in replies(desk, ticket)[0]["details"]
    reply(desk, ticket, "the next mail")
    assert [str(each.get_content()).count("secret words") for each in letters(mailbox, ticket, 1)] == [0]


def test_the_customers_own_machines_start_no_loop(desk: Service, mailbox: Mailbox) -> None:
    ticket, _ = by_mail(desk)
    reply(desk, ticket, "Hello")
    own = str(letters(mailbox, ticket, 1)[0]["Message-ID"])
    away = mail("I am away", message_id="<away@a>", In_Reply_To=own, Auto_Submitted="auto-replied")
    assert send(desk, away, sender=KIM, to=SUPPORT) == "250 2.0.0 ignored"
    bounce = mail("no such user", sender="MAILER-DAEMON@acme.example", message_id="<b@a>", In_Reply_To=own)
    assert send(desk, bounce, sender="", to=SUPPORT) == "250 2.0.0 ignored"
    back = mail("Hello", sender=SUPPORT, message_id="<loop@a>", In_Reply_To=own)
    assert send(desk, back, sender=SUPPORT, to=SUPPORT) == "250 2.0.0 ignored"
    assert len(replies(desk, ticket, "customer_replied")) == 1


def test_a_reply_from_the_terminal_is_mailed(
    desk: Service,
    mailbox: Mailbox,
    oncall: Oncall,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticket, _ = by_mail(desk)
    monkeypatch.setenv("ONCALL_SERVER", desk.address)
    monkeypatch.setenv("ONCALL_TOKEN", "ana")
    oncall("reply", ticket, "--message", "It is fixed.")
    assert "It is fixed." in str(letters(mailbox, ticket, 1)[0].get_content())
