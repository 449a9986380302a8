"""Who may subscribe to the status page, and what a subscriber is told: each notice once, by component."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from oncall.errors import NotFound, Refused
from oncall.paging.actions.subscriptions import NO_LINK, choose, unsubscribe
from oncall.paging.ports.subscribers import Subscriber, Subscribers
from oncall.paging.relay.subscriber_notices import GAP_LASTS, SubscriberNotices
from oncall.status.status_actions import (
    AnnounceMaintenance,
    CancelMaintenance,
    CorrectIncident,
    OpenIncident,
    RescheduleMaintenance,
    UpdateIncident,
)
from tests.paging.world import at
from tests.status.readers import ANA, BASE, Readers, token_in


def test_nothing_is_told_before_the_link_in_the_mail_confirms(readers: Readers) -> None:
    readers.ask()
    (mail,) = readers.mails()
    assert (mail.to, mail.subject) == (ANA, "Confirm your subscription to itopia CAS")
    readers.act(OpenIncident("Portal down", {"portal": "major_outage"}))
    assert readers.subjects() == []
    readers.confirm(token_in(mail))
    assert readers.subjects() == []
    readers.act(OpenIncident("Portal slow", {"portal": "degraded_performance"}))
    assert readers.subjects() == ["[itopia CAS] Investigating: Portal slow"]


def test_the_store_keeps_only_a_digest_of_the_token_and_it_works_for_seven_days(readers: Readers) -> None:
    readers.ask()
    token = token_in(readers.mails()[0])
    stored = readers.world.store.read(lambda tx: tx.subscriber_at(ANA))
    assert stored is not None and stored.confirm_digest is not None
    assert token not in (stored.confirm_digest, stored.manage_token)
    readers.wait(timedelta(days=7))
    with pytest.raises(NotFound) as caught:
        readers.confirm(token)
    assert str(caught.value) == NO_LINK


def test_a_link_that_is_used_twice_changes_nothing_the_second_time(readers: Readers) -> None:
    readers.ask()
    token = token_in(readers.mails()[0])
    first = readers.confirm(token)
    readers.wait(timedelta(hours=1))
    assert readers.confirm(token) == first


def test_a_known_address_gets_its_own_link_and_keeps_what_it_chose(readers: Readers) -> None:
    joined = readers.joined(ANA, "portal")
    readers.ask("ANA@Example.org", "dns")
    (mail,) = readers.mails()
    assert mail.subject == "Your subscription to itopia CAS"
    assert f"{BASE}/status/manage/{joined.manage_token}" in mail.text
    assert readers.world.store.read(lambda tx: tx.subscriber_at(ANA)) == joined


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("", "this is not a mail address; write one like ana@example.com"),
        ("ana", "this is not a mail address; write one like ana@example.com"),
        ("ana@localhost", "this is not a mail address; write one like ana@example.com"),
        ("ana@example.org,eve@example.org", "this is not a mail address; write one like ana@example.com"),
        ("ana@example.org\nBcc: eve@example.org", "this is not a mail address; write one like ana@example.com"),
        ("a..b@example.org", "this is not a mail address; write one like ana@example.com"),
        (f"{'a' * 300}@example.org", "this is not a mail address; write one like ana@example.com"),
        (
            "postmaster@example.org",
            '"postmaster" is a shared mailbox, which gets no notices; write the address of a person',
        ),
        ("Abuse+x@example.org", '"abuse+x" is a shared mailbox, which gets no notices; write the address of a person'),
    ],
)
def test_an_address_that_is_none_or_a_shared_mailbox_is_refused(readers: Readers, email: str, words: str) -> None:
    with pytest.raises(Refused) as caught:
        readers.ask(email)
    assert str(caught.value) == words
    assert readers.messages() == []


@pytest.mark.parametrize("component", ["nope", "acme-vpn"])
def test_a_component_that_is_unknown_or_private_is_refused(readers: Readers, component: str) -> None:
    with pytest.raises(Refused) as caught:
        readers.ask(ANA, component)
    assert str(caught.value).startswith(f'there is no component "{component}" on the status page; the page has portal')
    assert readers.messages() == []


def test_each_update_is_told_once_with_what_changed_the_components_and_the_ways_out(readers: Readers) -> None:
    joined = readers.joined()
    name = readers.act(OpenIncident("Portal down", {"portal": "major_outage"}, message="We look into it."))
    (mail,) = readers.mails()
    assert mail.text == (
        "Investigating: Portal down\n\nAt: Sat 2027-01-09 03:12 EST (08:12 UTC)\n"
        "Components: CAS portal (Major outage)\n\nWe look into it.\n\n"
        f"https://status.example.com/incidents/{name}\n\n-- \nYou get this because you subscribed to itopia CAS.\n"
        f"Choose components: {BASE}/status/manage/{joined.manage_token}\n"
        f"Unsubscribe: {BASE}/status/u/{joined.manage_token}\n"
    )
    assert mail.headers == {
        "List-Unsubscribe": f"<{BASE}/status/u/{joined.manage_token}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    readers.act(UpdateIncident(name, "identified", message="A full disk."))
    readers.act(CorrectIncident(name, at("2027-01-09 03:00"), "first errors"))
    readers.act(UpdateIncident(name, "resolved"))
    assert readers.subjects() == ["[itopia CAS] Identified: Portal down", "[itopia CAS] Resolved: Portal down"]


def test_a_maintenance_is_told_when_it_is_announced_moved_and_cancelled(readers: Readers) -> None:
    readers.joined(ANA, "portal")
    start, end = at("2027-01-20 02:00"), at("2027-01-20 04:00")
    name = readers.act(AnnounceMaintenance("Upgrade", ("portal",), start, end))
    (mail,) = readers.mails()
    assert "When: Wed 2027-01-20 02:00 EST (07:00 UTC) to Wed 2027-01-20 04:00 EST (09:00 UTC)" in mail.text
    readers.act(RescheduleMaintenance(name, end=at("2027-01-20 05:00")))
    readers.act(CancelMaintenance(name))
    assert readers.subjects() == ["[itopia CAS] New times: Upgrade", "[itopia CAS] Cancelled: Upgrade"]


def test_a_subscription_to_components_or_a_group_gets_incidents_and_maintenance_of_these_alone(
    readers: Readers,
) -> None:
    people = {"portal@example.org": ["portal"], "dns@example.org": ["dns"], "group@example.org": ["app"], ANA: []}
    for email, chosen in people.items():
        readers.joined(email, *chosen)
    readers.mails()

    def told() -> set[str]:
        return {mail.to for mail in readers.mails()}

    readers.act(OpenIncident("Portal down", {"portal": "major_outage"}))
    assert told() == {"portal@example.org", "group@example.org", ANA}
    readers.act(AnnounceMaintenance("DNS work", ("dns",), at("2027-01-20 02:00"), at("2027-01-20 04:00")))
    assert told() == {"dns@example.org", ANA}


def test_nothing_of_a_private_component_is_told(readers: Readers) -> None:
    readers.joined()
    readers.act(OpenIncident("VPN of Acme down", {"acme-vpn": "major_outage"}))
    assert readers.subjects() == []


def test_who_chose_anew_or_left_is_told_accordingly(readers: Readers) -> None:
    token = readers.joined(ANA, "portal").manage_token
    now = readers.world.clock.now()
    assert readers.world.store.write(lambda tx: choose(tx, token, ["dns"], now=now)).components == ("dns",)
    readers.act(OpenIncident("Portal down", {"portal": "major_outage"}))
    readers.act(OpenIncident("DNS down", {"dns": "major_outage"}))
    assert readers.subjects() == ["[itopia CAS] Investigating: DNS down"]
    for _ in range(2):
        readers.world.store.write(lambda tx: unsubscribe(tx, token))
    readers.act(OpenIncident("DNS down again", {"dns": "major_outage"}))
    assert readers.subjects() == []
    with pytest.raises(NotFound):
        readers.world.store.write(lambda tx: choose(tx, token, [], now=now))


def test_many_subscribers_are_told_in_small_pieces_and_each_once_also_after_a_crash(readers: Readers) -> None:
    first = readers.joined()
    many = [
        replace(
            first, id=f"{number:04}", address=f"r{number}@example.org", manage_token=f"tok{number}", confirm_digest=None
        )
        for number in range(90)
    ]

    def add(chunk: Sequence[Subscriber]) -> None:
        def work(tx: Subscribers) -> None:
            for each in chunk:
                tx.put_subscriber(each)

        readers.world.store.write(work)

    add(many)
    readers.act(OpenIncident("Portal down", {"portal": "major_outage"}))
    assert readers.round()
    readers.notices = SubscriberNotices(BASE)
    assert [readers.round() for _ in range(3)] == [True, True, False]
    assert sorted(mail.to for mail in readers.mails()) == sorted([ANA, *(each.address for each in many)])


def test_a_missing_number_of_the_log_is_waited_for_and_then_passed_over(readers: Readers) -> None:
    readers.joined()
    cursor = readers.world.store.read(lambda tx: tx.notice_cursor())
    assert cursor is not None
    readers.world.store.write(lambda tx: tx.move_notice_cursor(cursor, replace(cursor, event=cursor.event - 1)))
    readers.act(OpenIncident("Portal down", {"portal": "major_outage"}))
    assert readers.subjects() == []
    readers.wait(GAP_LASTS)
    assert readers.subjects() == ["[itopia CAS] Investigating: Portal down"]
