"""A storm of tickets: urgent ones at once, all others as one message to a phone, and nothing lost, doubled or stuck."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from doubles.twilio_account import segments
from oncall.errors import Ambiguous, Permanent, Temporary
from oncall.paging.audit import audit
from oncall.paging.ports import Receipt
from oncall.paging.reachability import Alert
from oncall.paging.ticket import Attempt, AttemptStatus, EventKind, Purpose, TicketStatus
from oncall.paging.views import stored_whole_view
from oncall.support.policyfile import packaged_policy_text
from tests.paging.pagers import engine_with
from tests.paging.world import FakePhones, Killed, World

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
LIMITS = """\
limits:
  bundle_for: 10s
  per_phone: {most: 10, within: 60s}
  sender: {most: 10, within: 10s}
"""


def high(world: World, *names: str) -> None:
    """Tickets that page at every hour and are not urgent."""
    for name in names:
        world.post(name, impact="high", plan="business-critical")
    world.run()


def limited(folder: Path, limits: str, seats: dict[str, str] | None = None) -> World:
    world = World(folder)
    assert LIMITS in packaged_policy_text()
    world.publish(seats, policy=packaged_policy_text().replace(LIMITS, limits))
    return world


def page_of(world: World, ticket_id: str, *, step: int = 0) -> Attempt:
    return next(one for one in world.attempts(ticket_id) if one.purpose is Purpose.PAGE and one.step == step)


def bodies(world: World) -> list[tuple[str, str]]:
    return [(message.to, message.body) for message in world.phones.sent]


def seen_by(world: World, person: str) -> list[str]:
    """Every message to somebody, and none is unexpected any more."""
    world.read_all()
    return [message.body for message in world.phones.sent if message.to == person]


@pytest.fixture
def bundled(world: World) -> World:
    """T-1 has paged ana, and ten seconds later T-2, T-3 and T-4 did so in one message."""
    high(world, "T-1")
    world.expect_page("ana", containing="HIGH T-1 ")
    world.clock.moment += 5 * SECOND
    high(world, "T-2", "T-3", "T-4")
    world.advance(5 * SECOND)
    world.expect_page("ana", containing="HIGH T-2 ")
    return world


# What waits, and for how long.


def test_a_storm_of_fifty_tickets_is_an_urgent_page_at_once_and_one_message_for_all_the_others(world: World) -> None:
    world.post("U-1")
    names = [f"T-{number}" for number in range(1, 50)]
    high(world, *names)
    urgent = world.expect_page("ana", containing="URGENT U-1 ")
    world.expect_silence()
    assert urgent.body.endswith(f"Reply ACK {world.code('U-1')}")
    world.advance(9 * SECOND)
    world.expect_silence()
    world.advance(SECOND)
    bundle = world.expect_page("ana", containing="HIGH T-1 Acme Ltd (BC): Sessions do not start. And 48 more: ")
    world.expect_silence()
    assert segments(bundle.body) == 1
    assert bundle.body.endswith(f"Reply ACK {world.code('T-1')}")
    pages = [page_of(world, name) for name in names]
    assert {(page.status, page.provider_id) for page in pages} == {(AttemptStatus.ACCEPTED, pages[0].provider_id)}
    assert {page.bundle for page in pages} == {pages[0].id}
    listed = re.search(r"And 48 more: ([^.]+)", bundle.body)
    assert listed is not None
    assert set(listed[1].split()) <= {world.code(name) for name in names[1:]}


def test_urgent_first_pages_never_wait_however_many_there_are(world: World) -> None:
    for number in range(40):
        world.post(f"U-{number}")
    world.run()
    assert len(seen_by(world, "ana")) == 40
    high(world, "T-1")
    world.expect_silence()
    world.post("U-40")
    world.run()
    world.expect_page("ana", containing="URGENT U-40 ")


def test_a_page_to_a_phone_that_rests_goes_at_once(world: World) -> None:
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    world.advance(10 * SECOND)
    high(world, "T-2")
    world.expect_page("ana", containing="T-2")


def test_urgent_pages_that_keep_coming_do_not_put_off_those_that_wait(world: World) -> None:
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    high(world, "T-2")
    for number in range(6):
        world.advance(5 * SECOND)
        world.post(f"U-{number}")
        world.run()
    assert sum("HIGH T-2" in body for body in seen_by(world, "ana")) == 1


def test_two_people_s_phones_do_not_wait_for_each_other(world: World) -> None:
    world.post("U-1")
    world.advance(10 * MINUTE)
    world.expect_page("ana")
    world.expect_page("ana")
    world.expect_page("ben")
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")


def test_without_a_span_no_page_waits_for_others(tmp_path: Path) -> None:
    world = limited(tmp_path, LIMITS.replace("bundle_for: 10s", "bundle_for: 0s"))
    high(
        world,
        "T-1",
    )
    high(world, "T-2")
    assert len(seen_by(world, "ana")) == 2
    world.close()


def test_a_phone_gets_so_many_messages_in_a_span_and_no_more(tmp_path: Path) -> None:
    limits = "limits: {bundle_for: 1s, per_phone: {most: 2, within: 60s}}\n"
    world = limited(tmp_path, limits)
    for number in range(6):
        high(world, f"T-{number}")
        world.advance(5 * SECOND)
    assert len(seen_by(world, "ana")) == 2
    world.advance(30 * SECOND)
    assert [body.split()[1] for body in seen_by(world, "ana")] == ["T-0", "T-1", "T-2"]
    assert " And 3 more: " in seen_by(world, "ana")[-1]
    assert "ana had 2 messages in the last 1 min" in world.events("T-2")[-2].why
    world.close()


def test_the_sender_sends_so_many_messages_in_a_span_pages_first(tmp_path: Path) -> None:
    limits = "limits: {bundle_for: 0s, per_phone: {most: 100, within: 60s}, sender: {most: 2, within: 10s}}\n"
    world = limited(tmp_path, limits)
    world.post("U-1")
    world.post("U-2")
    world.run()
    assert len(seen_by(world, "ana")) == 2
    world.act(EventKind.ACKNOWLEDGED, "ben", "U-1")
    high(world, "T-1")
    world.expect_silence()
    world.advance(10 * SECOND)
    world.expect_page("ana", containing="HIGH T-1")
    world.expect_page("ana", containing="U-1 is taken by")
    assert "all phones together had 2 segments in the last 10 s" in world.events("T-1")[-1].why
    world.close()


SENDER = "limits: {bundle_for: 0s, per_phone: {most: 100, within: 60s}, sender: {most: %d, within: 10s}}\n"


def test_the_word_that_somebody_sent_stop_counts_for_the_sender(tmp_path: Path) -> None:
    world = limited(tmp_path, SENDER % 2)
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    world.sms("ben", "STOP")
    world.expect_page("mei", containing="WARNING: Ben Okafor")
    high(world, "T-2")
    world.expect_silence()
    assert "all phones together had 2 segments in the last 10 s" in world.events("T-2")[-1].why
    world.post("U-1")
    world.run()
    world.expect_page("ana", containing="URGENT U-1 ")
    world.advance(20 * SECOND)
    world.expect_page("ana", containing="T-2")
    world.close()


def test_the_word_that_somebody_sent_stop_waits_for_its_turn_and_goes_before_pages(tmp_path: Path) -> None:
    world = limited(tmp_path, SENDER % 1)
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    high(world, "T-2")
    world.sms("ben", "STOP")
    world.expect_silence()
    world.clock.moment += 10 * SECOND
    world.run()
    world.expect_page("mei", containing="WARNING: Ben Okafor")
    world.expect_silence()
    world.clock.moment += 10 * SECOND
    world.run()
    world.expect_page("ana", containing="T-2")
    world.close()


def test_the_word_that_somebody_sent_stop_waits_ten_minutes_at_most(tmp_path: Path) -> None:
    world = limited(tmp_path, "limits: {bundle_for: 0s, sender: {most: 1, within: 1h}}\n")
    world.post("U-1")
    world.run()
    world.expect_page("ana", containing="U-1")
    world.act(EventKind.ACKNOWLEDGED, "ana", "U-1")
    world.sms("ben", "STOP")
    world.clock.moment += 10 * MINUTE - SECOND
    world.run()
    world.expect_silence()
    now = world.clock.moment
    world.store.write(lambda tx: tx.add_alert(Alert("f" * 32, "another", "mei", "Another.", now, now)))
    world.clock.moment += SECOND
    world.run()
    world.expect_page("mei", containing="WARNING: Ben Okafor")
    world.expect_silence()
    world.close()


def test_a_call_that_tells_of_a_stop_is_no_text(tmp_path: Path) -> None:
    world = limited(tmp_path, SENDER % 1)
    world.voice = FakePhones()
    world.sms("mei", "STOP")
    world.sms("ben", "STOP")
    assert [message.to for message in world.voice.sent] == ["mei"]
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    world.close()


def test_a_word_of_a_stop_that_was_refused_is_no_text_that_went_out(tmp_path: Path) -> None:
    world = limited(tmp_path, SENDER % 1)
    world.phones.fail(Temporary("no network"))
    world.sms("ben", "STOP")
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    world.clock.moment += 10 * SECOND
    world.run()
    world.expect_page("mei", containing="WARNING: Ben Okafor")
    world.close()


def test_answers_wait_for_nothing_and_count_for_the_sender_segment_by_segment(tmp_path: Path) -> None:
    world = limited(tmp_path, SENDER % 7)
    names = [f"U-{number}" for number in range(60)]
    for name in names:
        world.post(name)
    world.run()
    assert len(seen_by(world, "ana")) == 60
    world.advance(10 * SECOND)
    answer = world.sms("ana", "WHO")
    assert segments(answer) == 3
    assert world.sms("ana", "WHO") == answer
    world.advance(SECOND)
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    high(world, "T-2")
    world.expect_silence()
    assert world.sms("ana", "WHO").startswith("primary: Ana Pereira")
    assert "all phones together had 7 segments in the last 10 s" in world.events("T-2")[-1].why
    world.advance(20 * SECOND)
    world.expect_page("ana", containing="T-2")
    world.close()


def test_answers_to_somebody_s_own_texts_do_not_make_their_pages_wait(tmp_path: Path) -> None:
    world = limited(tmp_path, "limits: {bundle_for: 0s, per_phone: {most: 1, within: 60s}}\n")
    world.sms("ana", "WHO")
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    world.close()


def test_no_page_waits_beyond_its_own_step(tmp_path: Path) -> None:
    world = limited(tmp_path, "limits: {per_phone: {most: 1, within: 1h}}\n")
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    high(world, "T-2")
    world.advance(5 * MINUTE - 6 * SECOND)
    world.expect_silence()
    world.advance(SECOND)
    world.expect_page("ana", containing="T-2")
    world.read_all()
    world.close()


def test_a_turn_is_given_by_one_pager_at_a_time(world: World) -> None:
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    for name in ("T-2", "T-3"):
        world.post(name, impact="high", plan="business-critical")

    async def story() -> None:
        pagers = [engine_with(world, world.phones, worker=name) for name in ("one", "two", "three")]
        for _ in range(70):
            await asyncio.gather(*(pager.run_once() for pager in pagers))
            await asyncio.gather(*(pager.settle() for pager in pagers))
            world.clock.moment += SECOND / 2

    asyncio.run(story())
    world.expect_page("ana", containing=" And 1 more: ")
    world.expect_silence()


# What the log says.


def test_the_log_says_that_a_page_waited_and_in_which_message_it_went(bundled: World) -> None:
    found = [event for event in bundled.events("T-3") if event.kind.value.startswith("page_")]
    assert [(event.kind, event.why) for event in found] == [
        (EventKind.PAGE_WAITS, "waits 5 s to go with what else comes for ana: ana was paged 5 s ago"),
        (EventKind.PAGE_BUNDLED, "goes to ana in one message with 2 others, which T-2 leads"),
    ]
    leader = page_of(bundled, "T-2")
    assert found[1].details["bundle"] == leader.id
    assert found[1].details["tickets"] == ["T-2", "T-3", "T-4"]


def test_the_logs_of_a_storm_name_fifty_tickets_each_and_not_all_of_them(world: World) -> None:
    for number in range(60):
        world.post(f"T-{number}", impact="high", plan="business-critical")
    world.run()
    world.expect_page("ana", containing="And 59 more")
    bundled = [event for event in world.events("T-59") if event.kind is EventKind.PAGE_BUNDLED]
    assert [len(event.details["tickets"]) for event in bundled] == [50]
    assert "with 59 others" in bundled[0].why


def test_a_page_right_after_another_one_waits_because_of_that_one(world: World) -> None:
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    high(world, "T-2")
    (waits,) = [event for event in world.events("T-2") if event.kind is EventKind.PAGE_WAITS]
    assert waits.why == "waits 10 s to go with what else comes for ana: ana was paged just now"


def test_the_message_s_id_stands_in_the_attempts_of_every_ticket_in_it(bundled: World) -> None:
    def shown(name: str) -> dict[str, object]:
        stored = bundled.ticket(name)
        view = bundled.store.read(lambda tx: stored_whole_view(tx, stored, bundled.clock.now()))
        attempt: dict[str, object] = view["attempts"][0]
        return {key: attempt[key] for key in ("provider_id", "bundle", "text", "status")}

    leader = page_of(bundled, "T-2")
    expected = {
        "provider_id": leader.provider_id,
        "bundle": leader.id,
        "text": bundled.phones.sent[-1].body,
        "status": "accepted",
    }
    assert [shown(name) for name in ("T-2", "T-3", "T-4")] == [expected] * 3


# Replies.


def test_a_bundled_page_is_acknowledged_by_its_own_code_and_the_answer_names_the_others(bundled: World) -> None:
    codes = {name: bundled.code(name) for name in ("T-1", "T-2", "T-3", "T-4")}
    answer = bundled.sms("ana", f"ACK {codes['T-3']}")
    assert answer == (f"T-3 is yours. Still open: T-2 ({codes['T-2']}), T-4 ({codes['T-4']}), T-1 ({codes['T-1']}).")
    open_ones = [name for name in codes if bundled.ticket(name).status is TicketStatus.OPEN]
    assert open_ones == ["T-1", "T-2", "T-4"]
    assert bundled.sms("ana", codes["T-4"]).startswith("T-4 is yours. Still open: ")


def test_a_bare_ack_takes_the_ticket_that_the_message_names(bundled: World) -> None:
    assert bundled.sms("ana", "ACK").startswith("T-2 is yours. Still open: ")
    assert bundled.ticket("T-3").status is TicketStatus.OPEN


def test_who_lists_the_codes_of_everything_that_is_open_for_whoever_asks(world: World) -> None:
    names = [f"T-{number}" for number in range(50)]
    high(world, *names)
    world.advance(10 * SECOND)
    seen_by(world, "ana")
    answer = world.sms("ana", "WHO")
    head, _, codes = answer.partition(" 50 open for you: ")
    assert head == "primary: Ana Pereira until Mon 08:00 EST; secondary: Ben Okafor until Mon 08:00 EST."
    assert set(codes.rstrip(".").split()) == {world.code(name) for name in names}
    assert len(answer) <= 3 * 153


def test_the_answer_in_a_storm_is_one_segment_and_gives_as_many_codes_as_fit(world: World) -> None:
    high(world, *(f"T-{number}" for number in range(50)))
    world.advance(10 * SECOND)
    seen_by(world, "ana")
    answer = world.sms("ana", f"ACK {world.code('T-7')}")
    assert answer.startswith("T-7 is yours. 49 still open: ")
    assert answer.endswith("...")
    assert len(answer) <= 160


def test_whoever_was_told_by_a_bundle_hears_that_one_of_its_tickets_is_taken(bundled: World) -> None:
    bundled.act(EventKind.ACKNOWLEDGED, "ben", "T-3")
    bundled.expect_page("ana", containing="HIGH T-3 is taken by Ben Okafor. Nothing to do for you.")


# What nobody needs any more.


@pytest.mark.parametrize("kind", [EventKind.ACKNOWLEDGED, EventKind.RESOLVED])
def test_a_ticket_that_is_taken_or_solved_while_its_page_waits_is_left_out(world: World, kind: EventKind) -> None:
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    high(world, "T-2", "T-3")
    world.act(kind, "ben", "T-2")
    world.advance(10 * SECOND)
    message = world.expect_page("ana", containing="HIGH T-3 ")
    assert "more" not in message.body
    assert (page_of(world, "T-2").status, page_of(world, "T-2").error) == (AttemptStatus.FAILED, "no longer needed")


def test_whoever_passes_a_ticket_on_is_not_paged_for_it_by_what_still_waits(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.advance(5 * MINUTE - SECOND)
    high(world, "T-2")
    world.expect_page("ana", containing="T-2")
    world.advance(2 * SECOND)
    world.sms("ana", f"PASS {world.code('T-1')}")
    world.expect_page("ben", containing="T-1")
    assert page_of(world, "T-1", step=1).error == "no longer needed"
    world.advance(MINUTE)
    world.expect_silence()


@pytest.mark.parametrize("impact", ["urgent", "high"])
def test_whoever_passes_a_ticket_on_while_their_page_is_in_doubt_is_not_paged_for_it_again(
    world: World, impact: str
) -> None:
    world.phones.fail(Ambiguous("cut off"))
    world.post(impact=impact, plan="business-critical")
    world.run()
    assert page_of(world, "T-1").status is AttemptStatus.UNKNOWN
    world.sms("ana", f"PASS {world.code('T-1')}")
    world.expect_page("ben", containing="T-1")
    world.advance(MINUTE)
    world.expect_silence()
    page = page_of(world, "T-1")
    assert (page.status, page.error) == (AttemptStatus.FAILED, "no longer needed; cut off")


def test_of_one_ticket_only_the_page_of_its_latest_step_is_sent(world: World) -> None:
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    high(world, "T-2")
    world.clock.moment += 6 * MINUTE
    world.run()
    body = world.expect_page("ana").body
    assert " And 1 more: " in body
    assert (page_of(world, "T-2").status, page_of(world, "T-2").error) == (
        AttemptStatus.FAILED,
        "replaced by the page of a later step",
    )
    assert page_of(world, "T-2", step=1).status is AttemptStatus.ACCEPTED


# What becomes of a bundle becomes of every page in it.


def waiting(world: World) -> World:
    """T-1 has paged ana; T-2, T-3 and T-4 wait for her phone and will go with the next look."""
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    high(world, "T-2", "T-3", "T-4")
    world.clock.moment += 10 * SECOND
    return world


def test_a_bundle_that_is_refused_for_good_moves_every_ticket_on_in_the_same_second(world: World) -> None:
    waiting(world).phones.fail(Permanent("no such number", code=21211))
    world.run()
    assert [page_of(world, name).status for name in ("T-2", "T-3", "T-4")] == [AttemptStatus.FAILED] * 3
    for name in ("T-2", "T-3", "T-4"):
        failed = next(event for event in world.events(name) if event.kind is EventKind.STEP_FAILED)
        assert failed.at == world.clock.now()
        assert page_of(world, name, step=2).at == world.clock.now()
    world.expect_page("ben", containing=" And 2 more: ")


def test_a_bundle_that_was_taken_although_the_answer_was_an_error_is_found_by_its_text(world: World) -> None:
    waiting(world).phones.fail(Ambiguous("HTTP 500"), after_taking_it=True)
    world.run()
    assert {page_of(world, name).status for name in ("T-2", "T-3", "T-4")} == {AttemptStatus.UNKNOWN}
    world.advance(20 * SECOND)
    world.expect_page("ana", containing=" And 2 more: ")
    world.expect_silence()
    assert len({page_of(world, name).provider_id for name in ("T-2", "T-3", "T-4")}) == 1
    assert {page_of(world, name).status for name in ("T-2", "T-3", "T-4")} == {AttemptStatus.SENT}


def test_a_bundle_that_was_surely_not_taken_is_made_anew_of_what_is_owed_then(world: World) -> None:
    waiting(world).phones.fail(Ambiguous("cut off"))
    world.run()
    world.act(EventKind.ACKNOWLEDGED, "ben", "T-2")
    high(world, "T-5")
    world.advance(10 * SECOND)
    told = seen_by(world, "ana")
    assert sum("And 2 more" in body or "And 1 more" in body for body in told) == 1
    sent = [page_of(world, name) for name in ("T-3", "T-4", "T-5")]
    assert {page.status for page in sent} <= {AttemptStatus.ACCEPTED, AttemptStatus.SENT}
    assert page_of(world, "T-2").status is AttemptStatus.FAILED


def test_receipts_of_a_bundle_reach_every_ticket_in_it(bundled: World) -> None:
    leader = page_of(bundled, "T-2")
    assert leader.provider_id is not None
    receipt = Receipt(leader.provider_id, AttemptStatus.DELIVERED)
    assert asyncio.run(bundled.engine().receive(receipt, delivery_id=leader.id))
    assert {page_of(bundled, name).status for name in ("T-2", "T-3", "T-4")} == {AttemptStatus.DELIVERED}
    assert not asyncio.run(bundled.engine().receive(receipt))


def test_a_bundle_that_does_not_arrive_moves_every_ticket_on(bundled: World) -> None:
    leader = page_of(bundled, "T-2")
    assert leader.provider_id is not None
    asyncio.run(bundled.engine().receive(Receipt(leader.provider_id, AttemptStatus.FAILED, error_code=30005)))
    bundled.run()
    assert {page_of(bundled, name).status for name in ("T-2", "T-3", "T-4")} == {AttemptStatus.FAILED}
    bundled.expect_page("ben", containing=" And 2 more: ")


def test_nobody_has_heard_of_a_bundle_s_fate_so_the_provider_is_asked_once_for_all(bundled: World) -> None:
    leader = page_of(bundled, "T-2")
    assert leader.provider_id is not None
    bundled.phones.states[leader.provider_id] = Receipt(leader.provider_id, AttemptStatus.DELIVERED)
    bundled.sms("ana", f"ACK {bundled.code('T-2')}")
    bundled.advance(70 * SECOND)
    assert bundled.phones.asked.count(leader.provider_id) == 1
    assert {page_of(bundled, name).status for name in ("T-2", "T-3", "T-4")} == {AttemptStatus.DELIVERED}


# Outages and restarts.


def test_after_an_outage_of_ten_minutes_each_person_gets_one_message(world: World) -> None:
    world.phones.fail(Temporary("no network"), times=100_000)
    for number in range(8):
        high(world, f"T-{number}")
        world.advance(75 * SECOND)
    world.expect_silence()
    world.phones.faults.clear()
    world.advance(25 * SECOND)
    sent = bodies(world)
    assert sorted(to for to, _ in sent) == sorted({to for to, _ in sent})
    assert {to for to, _ in sent} == {"ana", "ben"}
    # Of T-0 the step of ben is due by then, and ana's are over.
    assert [" And 6 more: " in body for to, body in sent if to == "ana"] == [True]
    world.read_all()


def test_urgent_first_pages_that_an_outage_held_up_still_go_alone(world: World) -> None:
    world.phones.fail(Temporary("no network"), times=100_000)
    high(world, "T-1", "T-2")
    world.post("U-1")
    world.post("U-2")
    world.advance(2 * MINUTE)
    world.phones.faults.clear()
    world.advance(MINUTE)
    told = seen_by(world, "ana")
    assert sorted(body.split()[1] for body in told if body.startswith("URGENT")) == ["U-1", "U-2"]
    assert not any("more" in body for body in told if body.startswith("URGENT"))
    assert sum(body.startswith("HIGH") and " And 1 more: " in body for body in told) == 1


def test_a_process_that_was_down_for_long_merges_what_became_due(world: World) -> None:
    for name in ("T-1", "T-2", "T-3"):
        world.post(name, impact="high", plan="business-critical")
    world.post("U-1")
    world.clock.moment += 12 * MINUTE
    world.restart()
    told = seen_by(world, "ana")
    assert [body.split()[1] for body in told if body.startswith("URGENT")] == ["U-1"]
    world.advance(31 * SECOND)
    assert [body.split()[0] for body in seen_by(world, "ana")] in (["URGENT", "HIGH"], ["HIGH", "URGENT"])


def test_a_process_that_dies_between_composing_and_sending_loses_and_doubles_nothing(world: World) -> None:
    waiting(world)

    async def composed() -> None:
        """The pager's transaction is committed, and then the process dies."""
        engine = engine_with(world, Dead())
        with suppress(Killed):
            await engine.run_once()
            await engine.settle()

    asyncio.run(composed())
    assert {page_of(world, name).status for name in ("T-2", "T-3", "T-4")} == {AttemptStatus.SENDING}
    world.restart()
    assert {page_of(world, name).status for name in ("T-2", "T-3", "T-4")} == {AttemptStatus.UNKNOWN}
    world.advance(MINUTE)
    world.expect_page("ana", containing=" And 2 more: ")
    assert {page_of(world, name).status for name in ("T-2", "T-3", "T-4")} == {AttemptStatus.ACCEPTED}


class Dead:
    """A provider whom the process did not live to call."""

    name = "dead"

    async def send(self, message: object) -> Receipt:
        raise asyncio.CancelledError

    async def find(self, message: object, **_: object) -> Receipt | None:
        raise asyncio.CancelledError

    async def status(self, provider_id: str) -> Receipt:
        raise asyncio.CancelledError

    async def close(self) -> None:
        return None


# The auditor.


def test_the_auditor_excuses_a_page_that_waits_for_its_turn_and_not_one_that_waits_beyond(tmp_path: Path) -> None:
    world = limited(tmp_path, "limits: {bundle_for: 3m}\n")
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    receipt = Receipt(str(page_of(world, "T-1").provider_id), AttemptStatus.DELIVERED)
    asyncio.run(world.engine().receive(receipt))
    high(world, "T-2")

    def overdue() -> list[str]:
        now = world.clock.now()
        return [late.ticket for late in world.store.read(lambda tx: audit(tx, now=now, real_now=now)).overdue]

    world.clock.moment += 170 * SECOND
    assert overdue() == []
    world.clock.moment += 71 * SECOND
    assert overdue() == ["T-2"]
    world.close()


def test_a_page_that_cannot_be_told_with_others_keeps_nobody_s_page_back(world: World, tmp_path: Path) -> None:
    high(world, "T-1")
    world.expect_page("ana", containing="HIGH T-1 ")
    high(world, "T-2", "T-3")
    with sqlite3.connect(tmp_path / "world.db") as damaged:
        changed = damaged.execute("DELETE FROM events WHERE ticket = 'T-3' AND kind IN ('received', 'judged')").rowcount
    damaged.close()
    assert changed >= 1
    world.advance(10 * SECOND)
    world.post("U-1")
    world.run()
    told = seen_by(world, "ana")
    assert sorted(body.split()[1] for body in told) == ["T-1", "T-2", "T-3", "U-1"]
    assert {page_of(world, name).status for name in ("T-2", "T-3")} == {AttemptStatus.ACCEPTED}
