"""Mail to support over SMTP on loopback: tickets, answers in their threads, and everything that a relay may send."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oncall.wiring.intake_settings import MailListen
from tests.intake.mails import mail
from tests.intake.post_office import SUPPORT, opened, relay, send
from tests.web.service import Service

CERTIFICATE = Path(__file__).parent / "data" / "localhost-test-only.pem"


@pytest.fixture(scope="module")
def post_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that takes mail in; each test writes mails with ids of its own."""
    door = MailListen("127.0.0.1", 0)
    with Service(tmp_path_factory.mktemp("mail"), is_each_urgent_page_alone=True, mail=door) as running:
        yield running


def kinds(service: Service, ticket: str) -> list[str]:
    return [one["kind"] for one in service.ticket(ticket)["events"]]


def whys(service: Service, ticket: str) -> list[str]:
    return [one["why"] for one in service.ticket(ticket)["events"]]


def texts(service: Service, ticket: str) -> list[str]:
    """Return what the customer wrote."""
    said = [one for one in service.ticket(ticket)["events"] if one["kind"] == "customer_replied"]
    return [one["details"]["text"] for one in said]


def test_a_new_mail_is_a_ticket_with_its_text(post_office: Service) -> None:
    ticket = opened(post_office, mail("Sessions do not start.\nAll users.", message_id="<new@acme.example>"))
    found = post_office.ticket(ticket)
    assert ticket.startswith("mail-")
    assert found["ticket"]["subject"] == "Sessions do not start"
    assert (found["ticket"]["customer"], found["ticket"]["plan"]) == ("acme.example", "standard")
    assert found["ticket"]["contact"] == "kim@acme.example"
    assert texts(post_office, ticket) == ["Sessions do not start.\nAll users."]
    assert "The policy has no mail.impact." in found["verdict"]["reasons"]


def test_a_mail_is_never_silently_urgent(post_office: Service) -> None:
    ticket = opened(post_office, mail(subject="URGENT: down!!!", message_id="<loud@acme.example>", X_Priority="1"))
    assert post_office.ticket(ticket)["ticket"]["impact"] == "high"


def test_the_same_mail_twice_is_one_ticket(post_office: Service) -> None:
    raw = mail(message_id="<twice@acme.example>")
    ticket = opened(post_office, raw)
    assert send(post_office, b"Received: by another.relay\r\n" + raw) == f"250 2.0.0 {ticket} ignored"
    assert kinds(post_office, ticket).count("received") == 1


def test_a_reply_in_the_thread_is_a_message_of_the_customer(post_office: Service) -> None:
    ticket = opened(post_office, mail(message_id="<t1@acme.example>"))
    first = mail("Any news?\n> old", subject="Re: other words", message_id="<t2@a>", In_Reply_To="<t1@acme.example>")
    assert send(post_office, first) == f"250 2.0.0 {ticket} recorded"
    second = mail("Hello?", subject="Re: x", message_id="<t3@a>", References="<gone@a> <t2@a>")
    assert send(post_office, second) == f"250 2.0.0 {ticket} recorded"
    assert send(post_office, second) == f"250 2.0.0 {ticket} ignored"
    assert texts(post_office, ticket)[1:] == ["Any news?", "Hello?"]


def test_the_ticket_id_in_the_subject_leads_to_the_ticket(post_office: Service) -> None:
    ticket = opened(post_office, mail(message_id="<s1@acme.example>"))
    raw = mail("still down", subject=f"Re: [{ticket}] Sessions do not start", message_id="<s2@acme.example>")
    assert send(post_office, raw) == f"250 2.0.0 {ticket} recorded"


def test_a_stranger_who_writes_a_ticket_id_gets_a_ticket_of_their_own(post_office: Service) -> None:
    ticket = opened(post_office, mail(message_id="<v1@acme.example>"))
    raw = mail("let me in", subject=f"[{ticket}]", sender="eve@evil.example", message_id="<v2@evil.example>")
    assert opened(post_office, raw) != ticket
    assert texts(post_office, ticket) == ["Sessions do not start."]


def test_a_reply_of_a_person_on_the_roster_takes_no_ticket(post_office: Service) -> None:
    ticket = opened(post_office, mail(message_id="<r1@acme.example>"))
    email = next(one.email for one in post_office.store.read(lambda tx: tx.schedule()).people.values() if one.email)
    raw = mail("we look at it", sender=email, message_id="<r2@itopia.com>", In_Reply_To="<r1@acme.example>")
    assert send(post_office, raw, sender=email) == f"250 2.0.0 {ticket} recorded"
    assert "replied" in kinds(post_office, ticket)
    assert post_office.ticket(ticket)["state"] == "open"


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        ({"Auto-Submitted": "auto-replied"}, "kim@acme.example"),
        ({"Auto-Submitted": "auto-generated (vacation)"}, "kim@acme.example"),
        ({"Precedence": "bulk"}, "kim@acme.example"),
        ({"Precedence": "Junk"}, "kim@acme.example"),
        ({"Precedence": "list", "Auto-Submitted": "auto-replied"}, "kim@acme.example"),
        ({"Precedence": "list", "From": f"Support <{SUPPORT}>"}, "kim@acme.example"),
        ({"X-Autoreply": "yes"}, "kim@acme.example"),
        ({"Content-Type": "multipart/report; boundary=x"}, "kim@acme.example"),
        ({}, ""),
        ({}, SUPPORT),
        ({"From": f"Support <{SUPPORT}>"}, "kim@acme.example"),
        ({"From": "MAILER-DAEMON@acme.example"}, "kim@acme.example"),
    ],
)
def test_automatic_mails_and_loops_are_taken_and_open_nothing(
    post_office: Service, headers: dict[str, str], sender: str
) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    raw = head.encode() + mail(message_id=f"<{abs(hash((head, sender)))}@auto>")
    assert send(post_office, raw, sender=sender) == "250 2.0.0 ignored"


@pytest.mark.parametrize(
    ("headers", "envelope"),
    [
        ({"Precedence": "list"}, "support-bounces@lists.itopia.com"),
        ({"List_Id": "<support.itopia.com>"}, "support+bncBD4@itopia.com"),
        (
            {
                "Precedence": "list",
                "List_Id": "<support.itopia.com>",
                "sender": f"'Kim Fox' via Support <{SUPPORT}>",
                "X_Original_From": "Kim Fox <kim@acme.example>",
            },
            "support+bncBD5@itopia.com",
        ),
        ({"List_Id": "<s.x>", "sender": f"Kim <{SUPPORT}>", "Reply_To": "kim@acme.example"}, "s-bounces@lists.x"),
    ],
)
def test_a_mailing_list_that_forwards_mail_to_support_loses_none(
    post_office: Service, headers: dict[str, Any], envelope: str
) -> None:
    raw = mail(message_id=f"<{abs(hash(str(headers)))}@list>", **headers)
    answer = send(post_office, raw, sender=envelope)
    assert answer.endswith(" opened"), answer
    ticket = post_office.ticket(answer.split()[2])["ticket"]
    assert ticket["contact"] == "kim@acme.example"


def test_a_mail_that_went_through_many_servers_is_a_loop(post_office: Service) -> None:
    raw = b"Received: from a by b\r\n" * 51 + mail(message_id="<hops@a>")
    assert send(post_office, raw) == "250 2.0.0 ignored"


def test_a_foreign_recipient_is_refused_before_the_mail_is_sent(post_office: Service) -> None:
    answer = send(post_office, mail(), to="sales@itopia.com")
    assert answer == "550 5.1.1 No ticket is opened by mail to this address"


def test_ten_thousand_recipients_are_one_ticket_at_most(post_office: Service) -> None:
    with relay(post_office) as client:
        client.ehlo()
        client.mail("kim@acme.example")
        codes = [client.rcpt(f"support+{number}@itopia.com")[0] for number in range(200)]
        foreign = [client.rcpt(f"u{number}@other.example")[0] for number in range(200)]
        code, answer = client.data(mail(message_id="<many@acme.example>"))
    assert (codes.count(250), codes.count(452)) == (50, 150)
    assert set(foreign) == {452}
    assert code == 250 and answer.endswith(b"opened")


def test_a_mail_in_parts_with_an_attachment_says_what_was_left_out(post_office: Service) -> None:
    body = (
        b"--B\r\nContent-Type: text/html\r\n\r\n<p>Checkout is <b>down</b></p>\r\n"
        b"--B\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment\r\n\r\nx\r\n--B--\r\n"
    )
    raw = mail(body=body, message_id="<parts@a>", Content_Type="multipart/mixed; boundary=B")
    ticket = opened(post_office, raw)
    assert "the mail that opened the ticket. Attachments were left out: a.pdf." in whys(post_office, ticket)
    assert texts(post_office, ticket) == ["Checkout is down"]


def test_nested_parts_nul_bytes_and_odd_headers_open_their_ticket(post_office: Service) -> None:
    deep = "".join(f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n" for n in range(3000)).encode()
    for number, raw in enumerate(
        [
            mail(body=deep, message_id="<odd0@a>", Content_Type="multipart/mixed; boundary=b0"),
            mail("a\x00b", subject="x\x00y", message_id="<odd1@a>"),
            mail(subject="=?utf-8?q?a=0D=0ABcc:_all@example.com?=", message_id="<odd2@a>"),
            mail(subject="", message_id="<odd3@a>"),
            mail(subject="s" * 20_000, message_id="<odd4@a>"),
            mail(sender="nonsense", message_id="<odd5@a>"),
        ]
    ):
        assert opened(post_office, raw).startswith("mail-"), number


def test_every_mail_stands_in_the_intake_log(post_office: Service) -> None:
    ticket = opened(post_office, mail(message_id="<logged@a>"))
    arrivals = post_office.store.read(lambda tx: tx.arrivals(limit=1, caller="mail"))
    assert (arrivals[0].sender, arrivals[0].tickets) == ("mail", (ticket,))


@pytest.mark.slow
def test_while_the_database_is_away_the_relay_keeps_the_mail(post_office: Service) -> None:
    away = post_office.file.with_suffix(".away")
    post_office.file.rename(away)
    try:
        answer = send(post_office, mail(message_id="<away@a>"))
    finally:
        away.rename(post_office.file)
    assert answer == "451 4.3.0 The mail cannot be stored now; send it again later"
    post_office.until(lambda: send(post_office, mail(message_id="<away@a>")).endswith("opened"))


def test_a_mail_whose_id_and_answers_hold_bytes_outside_ascii_is_stored(post_office: Service) -> None:
    for number, letters in enumerate(("\udcff\udcfe", "ü")):
        odd = f"<{letters}{number}@acme.example>"
        ticket = opened(post_office, mail(message_id=odd))
        assert send(post_office, mail(message_id=odd)) == f"250 2.0.0 {ticket} ignored"
        answer = mail(message_id=f"<answer-{number}@acme.example>", In_Reply_To=odd)
        assert send(post_office, answer) == f"250 2.0.0 {ticket} recorded"


def test_a_mail_without_from_and_an_envelope_sender_outside_ascii_is_stored(post_office: Service) -> None:
    with relay(post_office) as client:
        client.ehlo()
        client.send(b"MAIL FROM:<\xff@acme.example>\r\n")
        assert client.getreply()[0] == 250
        assert client.rcpt(SUPPORT)[0] == 250
        code, answer = client.data(b"Subject: down\r\nMessage-ID: <odd-envelope@acme.example>\r\n\r\nAll of it\r\n")
    assert (code, answer.split()[-1]) == (250, b"opened")
