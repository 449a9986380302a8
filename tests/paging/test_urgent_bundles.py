"""Urgent tickets in quick succession: the first page goes at once and alone, those that follow it go as one message."""

from __future__ import annotations

import re
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doubles.twilio_account import segments
from oncall.errors import Ambiguous, Temporary
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.pager_events import PageBundled, PageWaits
from oncall.paging.domain.ticket import AttemptStatus, TicketStatus
from tests.paging.storm import ALONE, LIMITS, MINUTE, SECOND, each_alone, high, limited, page_of, seen_by
from tests.paging.world import World, ticket_body

REACHED = {AttemptStatus.ACCEPTED, AttemptStatus.SENT}
FIFTY = [f"U-{number}" for number in range(50)]


def burst(world: World, names: list[str], *, within: timedelta) -> None:
    """Post the tickets one after the other, evenly, with the pager at work."""
    for name in names:
        world.post(name)
        world.advance(within / len(names))


def storm(world: World, names: list[str]) -> None:
    """Post the tickets in the same second, and let the pager send the first page."""
    world.post(names[0])
    world.run()
    for name in names[1:]:
        world.post(name)
    world.run()


def test_fifty_urgent_tickets_in_four_and_a_half_seconds_are_three_messages(world: World) -> None:
    burst(world, FIFTY, within=timedelta(seconds=4.5))
    world.advance(10 * SECOND)
    told = seen_by(world, "ana")
    assert len(told) == 3
    assert told[0].endswith(f"1st reply by Sat 04:12 EST. Reply ACK {world.code('U-0')}")
    assert "more" not in told[0]
    inside = [1 + int(found[1]) for body in told[1:] if (found := re.search(r" And (\d+) more: ", body))]
    assert sum(inside) == 49
    assert {page_of(world, name).status for name in FIFTY} == {AttemptStatus.ACCEPTED}


def test_the_message_has_the_count_and_every_code_and_takes_as_few_segments_as_they_need(world: World) -> None:
    storm(world, FIFTY)
    world.advance(3 * SECOND)
    world.expect_page("ana", containing="URGENT U-0 Acme Ltd (STD): Sessions do not start. 1st reply")
    message = world.expect_page("ana", containing="URGENT U-1 Acme Ltd (STD): Sessions do not start. And 48 more: ")
    assert segments(message.body) == 3
    assert all(f" {world.code(name)}" in message.body for name in FIFTY[1:])
    assert message.body.endswith(f" Reply ACK ALL or ACK {world.code('U-1')}")


def test_of_a_thousand_codes_the_message_has_those_that_fit_into_three_segments(world: World) -> None:
    world.post("U-0")
    world.run()
    world.expect_page("ana")
    for number in range(1, 200):
        world.post(f"U-{number}")
    world.advance(3 * SECOND)
    message = world.expect_page("ana", containing=" And 198 more: ")
    assert segments(message.body) == 3
    assert "... 1st reply by" in message.body


def test_the_message_s_id_stands_in_the_attempts_of_every_ticket_in_it(world: World) -> None:
    storm(world, FIFTY)
    world.advance(3 * SECOND)
    world.read_all()
    pages = [page_of(world, name) for name in FIFTY]
    assert pages[0].bundle is None
    assert {page.bundle for page in pages[1:]} == {pages[1].id}
    assert len({page.provider_id for page in pages}) == 2
    assert len({page.provider_id for page in pages[1:]}) == 1


def test_one_reply_takes_all_and_each_code_takes_its_ticket(world: World) -> None:
    storm(world, FIFTY[:6])
    world.advance(3 * SECOND)
    world.read_all()
    assert world.sms("ana", world.code("U-3")).startswith("U-3 is yours.")
    assert world.ticket("U-3").owner == "ana"
    assert world.sms("ana", "ACK ALL").startswith("5 are yours: ")
    world.read_all()
    assert {world.ticket(name).status for name in FIFTY[:6]} == {TicketStatus.ACKNOWLEDGED}


def test_a_copy_of_the_message_in_a_reply_acknowledges_nothing(world: World) -> None:
    storm(world, FIFTY[:3])
    world.advance(3 * SECOND)
    copied = seen_by(world, "ana")[-1]
    assert world.sms("ana", f'Liked "{copied}"').startswith("NOT acknowledged.")
    assert world.sms("ana", copied).startswith("NOT acknowledged.")
    assert {world.ticket(name).status for name in FIFTY[:3]} == {TicketStatus.OPEN}


def test_the_log_says_that_an_urgent_page_waited_and_in_which_message_it_went(world: World) -> None:
    world.post("U-0")
    world.advance(SECOND)
    world.expect_page("ana")
    world.post("U-1")
    world.post("U-2")
    world.advance(2 * SECOND)
    world.expect_page("ana", containing=" And 1 more: ")
    (waits,) = world.logged(PageWaits, "U-2")
    assert waits.why == "waits 2 s to go with other pages for ana: ana was paged 1 s ago"
    (together,) = world.logged(PageBundled, "U-2")
    assert together.why == "goes to ana in one message with 1 other, which U-1 leads"


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_lone_urgent_page_waits_for_the_end_of_the_span_and_no_longer(world: World, after: int) -> None:
    world.post("U-0")
    world.advance(after * SECOND)
    world.expect_page("ana")
    world.post("U-1")
    world.advance((3 - after) * SECOND - timedelta(milliseconds=1))
    world.expect_silence()
    world.advance(timedelta(milliseconds=1))
    page = world.expect_page("ana", containing="URGENT U-1 ")
    assert "more" not in page.body
    assert page_of(world, "U-1").bundle is None


def test_a_part_of_a_second_counts(world: World) -> None:
    world.clock.moment += timedelta(milliseconds=900)
    world.post("U-0")
    world.run()
    world.expect_page("ana")
    world.clock.moment += timedelta(milliseconds=2950)
    world.post("U-1")
    world.run()
    world.expect_silence()
    world.advance(timedelta(milliseconds=50))
    world.expect_page("ana", containing="U-1")


def test_a_phone_that_rests_is_paged_at_once(world: World) -> None:
    for name in FIFTY[:3]:
        world.post(name)
        world.run()
        world.expect_page("ana", containing=f"URGENT {name} ")
        world.advance(3 * SECOND)


def test_any_page_to_the_phone_begins_the_span(world: World) -> None:
    high(world, "T-1")
    world.expect_page("ana", containing="HIGH T-1")
    world.post("U-1")
    world.run()
    world.expect_silence()
    world.advance(3 * SECOND)
    world.expect_page("ana", containing="URGENT U-1 ")


def test_another_person_s_phone_does_not_wait(world: World) -> None:
    world.post("U-0")
    world.run()
    world.expect_page("ana")
    world.override("elena", role="primary", start="2027-01-09 03:12", end="2027-01-09 06:00")
    world.post("U-1")
    world.run()
    world.expect_page("elena", containing="U-1")


def test_with_a_span_of_zero_each_urgent_page_goes_at_once_and_alone(world: World) -> None:
    each_alone(world)
    for name in FIFTY:
        world.post(name)
    world.run()
    assert len(seen_by(world, "ana")) == 50
    assert {page_of(world, name).bundle for name in FIFTY} == {None}


def test_the_span_of_the_policy_counts(tmp_path: Path) -> None:
    world = limited(tmp_path, LIMITS + "  bundle_urgent_for: 10s\n")
    storm(world, FIFTY[:2])
    world.advance(10 * SECOND - timedelta(milliseconds=1))
    world.expect_page("ana", containing="U-0")
    world.expect_silence()
    world.advance(timedelta(milliseconds=1))
    world.expect_page("ana", containing="U-1")
    world.close()


def test_no_other_limit_delays_an_urgent_page(tmp_path: Path) -> None:
    world = limited(tmp_path, "limits: {per_phone: {most: 1, within: 1h}, sender: {most: 1, within: 1h}}\n")
    world.post("U-0")
    world.post("U-1")
    world.post("U-2")
    world.advance(3 * SECOND)
    assert len(seen_by(world, "ana")) == 2
    world.advance(3 * SECOND)
    world.post("U-3")
    world.run()
    assert len(seen_by(world, "ana")) == 3
    world.close()


def test_a_ticket_that_is_taken_while_its_page_waits_is_left_out(world: World) -> None:
    storm(world, FIFTY[:4])
    world.expect_page("ana", containing="U-0")
    world.act(EventKind.ACKNOWLEDGED, "ben", "U-2")
    world.advance(3 * SECOND)
    assert world.code("U-2") not in world.expect_page("ana", containing="URGENT U-1 ").body
    assert page_of(world, "U-2").error == "no longer needed"


def test_urgent_pages_that_an_outage_held_up_go_as_one_message(world: World) -> None:
    world.phones.fail(Temporary("no network"), times=100_000)
    for name in FIFTY:
        world.post(name)
    world.advance(MINUTE)
    world.phones.faults.clear()
    world.advance(MINUTE)
    assert [re.findall(r" And (\d+) more: ", body) for body in seen_by(world, "ana")] == [["49"]]
    assert len({page_of(world, name).provider_id for name in FIFTY}) == 1


def test_a_bundle_of_urgent_pages_that_was_taken_although_the_answer_was_an_error_is_sent_once(world: World) -> None:
    storm(world, FIFTY[:3])
    world.expect_page("ana")
    world.phones.fail(Ambiguous("HTTP 500"), after_taking_it=True)
    world.advance(MINUTE)
    world.expect_page("ana", containing="URGENT U-1 ")
    world.expect_silence()
    assert len({page_of(world, name).provider_id for name in ("U-1", "U-2")}) == 1


def test_a_ticket_that_becomes_urgent_while_its_page_waits_goes_with_the_urgent_ones(world: World) -> None:
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    high(world, "T-2")
    world.expect_silence()
    world.act(EventKind.IMPACT_CHANGED, "ben", "T-2", impact="urgent")
    world.expect_silence()
    world.advance(3 * SECOND)
    world.expect_page("ana", containing="URGENT T-2 ")


def test_the_other_limits_of_a_policy_with_a_span_of_zero_stay(tmp_path: Path) -> None:
    world = limited(tmp_path, ALONE)
    high(world, "T-1")
    high(world, "T-2", "T-3")
    assert len(seen_by(world, "ana")) == 1
    world.advance(10 * SECOND)
    assert " And 1 more: " in seen_by(world, "ana")[-1]
    world.close()


faults = st.lists(
    st.sampled_from(
        [
            (Temporary("refused"), False),
            (Ambiguous("cut before it was taken"), False),
            (Ambiguous("cut after it was taken"), True),
        ]
    ),
    max_size=3,
)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(lives=st.lists(st.integers(0, 60), min_size=1, max_size=3), faults=faults, seconds=st.integers(0, 8))
def test_of_urgent_pages_none_is_lost_and_none_doubled_whenever_the_process_is_killed(
    lives: list[int], faults: list[tuple[Exception, bool]], seconds: int
) -> None:
    names = [f"U-{number}" for number in range(6)]
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.publish()
        for name in names[:4]:
            world.post(name)
        world.phones.faults += faults
        for calls, name in zip(lives, ("U-4", "U-5", "U-5"), strict=False):
            world.live(calls, timedelta(seconds=seconds), ticket_body(name))
        for name in names[4:]:
            world.post(name)
        world.advance(timedelta(minutes=3))
        pages = {name: [one for one in world.attempts(name) if one.step == 0] for name in names}
        told = [message.body for message in world.phones.sent if message.to == "ana"]
        world.store.close()
    assert all(len(page) == 1 and page[0].status in REACHED for page in pages.values())
    assert len(told) == len(set(told)) == len({page[0].provider_id for page in pages.values()})
    assert sum(1 + int((re.findall(r"And (\d+) more", body) or ["0"])[0]) for body in told) == len(names)
