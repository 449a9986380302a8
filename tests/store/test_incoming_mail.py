"""What becomes of a mail, on each database: the policy's words and addresses, the customers' domains, and threads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from oncall.intake.incoming_mail import MAIL, take_mail
from oncall.intake.mail_message import read_mail
from oncall.intake.signals import Taken
from oncall.paging.domain.events import EventKind
from oncall.smtp.mail_handler import ORIGIN
from oncall.support.policy_file import packaged_policy_text
from tests.intake.mails import mail
from tests.paging.world import World

POLICY = packaged_policy_text() + (
    '\nmail: {recipients: [support@itopia.com], impact: normal, words: {"URGENT:": urgent}}\ncustomers: c.yaml\n'
)
CUSTOMERS = 'customers: [{name: "Acme Ltd", plan: business-critical, domains: [acme.example]}]\n'


@pytest.fixture
def office(tmp_path: Path, url: str) -> Iterator[World]:
    world = World(tmp_path, url=url)
    world.publish(policy=POLICY, customers=CUSTOMERS)
    yield world
    world.read_all()
    world.close()


def take(world: World, raw: bytes, sender: str = "kim@acme.example") -> Taken:
    context = world.engine().context(MAIL)
    (taken,) = world.store.write(
        lambda tx: take_mail(tx, read_mail(raw), sender, "support@itopia.com", ORIGIN, context)
    )
    return taken


def test_the_senders_domain_gives_customer_and_plan(office: World) -> None:
    taken = take(office, mail())
    ticket = office.ticket(taken.ticket or "").ticket
    assert (ticket.customer, ticket.plan, ticket.impact) == ("Acme Ltd", "business-critical", "normal")


def test_a_word_of_the_policy_makes_a_mail_urgent_and_the_verdict_says_so(office: World) -> None:
    taken = take(office, mail(subject="URGENT: sessions do not start"))
    stored = office.ticket(taken.ticket or "")
    assert stored.impact == "urgent"
    assert stored.answer is not None
    words = 'The subject begins with "urgent:", which makes a mail urgent (mail.words of the policy).'
    assert stored.answer["verdict"]["reasons"][0] == words
    assert [attempt.to for attempt in taken.attempts] == ["ana"]


def test_another_impact_of_the_policy_is_named_in_the_verdict(office: World) -> None:
    stored = office.ticket(take(office, mail(subject="not URGENT: a question")).ticket or "")
    assert stored.answer is not None
    assert stored.answer["verdict"]["reasons"][0] == "The policy makes a mail normal (mail.impact)."


def test_a_customer_finds_a_ticket_of_theirs_by_its_id_in_the_subject(office: World) -> None:
    office.post("T-1", customer="Acme Ltd", plan="business-critical")
    office.post("T-2", customer="Beta Inc")
    assert take(office, mail(subject="Re: [#T-1] news?", message_id="<1@a>")).ticket == "T-1"
    assert take(office, mail(subject="Re: (T-2) news?", message_id="<2@a>")).ticket not in ("T-1", "T-2")


def test_a_mail_on_a_resolved_ticket_opens_it_again(office: World) -> None:
    ticket = take(office, mail(message_id="<1@a>")).ticket or ""
    assert office.act(EventKind.RESOLVED, "ana", ticket).changed
    assert take(office, mail("it broke again", message_id="<2@a>", In_Reply_To="<1@a>")).ticket == ticket
    assert office.ticket(ticket).status.value == "open"


def test_a_mail_that_came_before_changes_nothing_also_when_its_ticket_is_resolved(office: World) -> None:
    ticket = take(office, mail(message_id="<1@a>")).ticket or ""
    office.act(EventKind.RESOLVED, "ana", ticket)
    taken = take(office, mail(message_id="<1@a>"))
    assert (taken.ticket, taken.became.value, taken.why) == (ticket, "ignored", "this mail came before")
