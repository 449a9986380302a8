"""At a handoff the engineers who come on call are told what is open, what was paged, and the notes: once each."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from oncall.paging.actions.handoff_notes import add_note
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.pager_events import HandedOver
from oncall.paging.outgoing.sms_encoding import is_gsm
from tests.paging.mortals import Fate, Killed
from tests.paging.test_auditor_blindness import tamper
from tests.paging.world import World, at

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def handed_over(world: World, ticket_id: str = "T-1") -> list[tuple[str, str]]:
    return [(event.to, event.handoff_at.isoformat()) for event in world.logged(HandedOver, ticket_id)]


def taken_at(world: World, moment: str, **changes: str) -> None:
    """The customer was replied to, and ben has it."""
    world.clock.moment = at(moment)
    world.post(**changes)
    world.act(EventKind.REPLIED, "ben")
    world.read_all()


def test_in_the_evening_the_primary_is_told_what_is_open_and_which_clock_ends_first(world: World) -> None:
    taken_at(world, "2027-01-11 18:00")
    world.advance(at("2027-01-11 19:01") - world.clock.moment)
    assert world.expect_page("ben").body == (
        "HANDOFF Mon 19:01 EST: 1 open, first URGENT T-1 Acme Ltd (STD), update by Mon 22:00 EST. "
        "More: oncall handoff --last"
    )
    message = world.expect_page("ana")
    assert message.body == (
        "HANDOFF 1 open. First: URGENT T-1 Acme Ltd (STD), update by Mon 22:00 EST, taken by Ben Okafor."
    )
    assert handed_over(world) == [("ana", "2027-01-12T00:01:00+00:00")]
    world.act(EventKind.RESOLVED, "ben")


def test_in_the_morning_the_desk_takes_over_in_its_own_queue(world: World) -> None:
    taken_at(world, "2027-01-12 06:00")
    world.advance(at("2027-01-12 08:00") - world.clock.moment)
    assert handed_over(world) == [("desk", "2027-01-12T13:00:00+00:00")]
    assert [(try_.to, try_.status.value) for try_ in world.attempts() if "HANDOFF" in try_.body] == [
        ("desk", "delivered")
    ]
    world.act(EventKind.RESOLVED, "ben")


def test_it_is_said_once_also_when_the_process_dies_right_after(world: World) -> None:
    taken_at(world, "2027-01-11 18:00")
    world.advance(at("2027-01-11 19:01") - world.clock.moment)
    world.expect_page("ben", containing="HANDOFF")
    world.expect_page("ana", containing="HANDOFF")
    world.restart()
    world.advance(10 * MINUTE)
    world.restart()
    world.advance(10 * MINUTE)
    assert len(handed_over(world)) == 1
    world.act(EventKind.RESOLVED, "ben")


def test_several_tickets_make_one_message_the_most_pressing_first(world: World) -> None:
    taken_at(world, "2027-01-11 18:00", impact="high", plan="business-critical")
    world.clock.moment = at("2027-01-11 18:30")
    world.post("T-2")
    world.act(EventKind.REPLIED, "ben", "T-2")
    world.advance(at("2027-01-11 19:01") - world.clock.moment)
    world.expect_page("ben", containing="2 open")
    message = world.expect_page("ana", containing="HANDOFF 2 open. First: URGENT T-2")
    assert message.body.endswith("Also: T-1")
    world.act(EventKind.RESOLVED, "ben")
    world.act(EventKind.RESOLVED, "ben", "T-2")


def test_engineers_are_not_told_of_what_nobody_is_woken_for(world: World) -> None:
    taken_at(world, "2027-01-11 18:00", impact="low")
    world.advance(at("2027-01-11 19:30") - world.clock.moment)
    assert handed_over(world) == []


def test_whoever_is_put_on_in_between_is_told_too(world: World) -> None:
    taken_at(world, "2027-01-11 20:00")
    world.override("chloe", role="primary", start="2027-01-11 21:00", end="2027-01-12 08:00")
    world.advance(at("2027-01-11 21:00") - world.clock.moment)
    world.expect_page("chloe", containing="HANDOFF 1 open")
    world.act(EventKind.RESOLVED, "ben")


def test_a_handoff_that_was_slept_through_is_no_news_any_more(world: World) -> None:
    taken_at(world, "2027-01-11 18:00", impact="high", plan="business-critical")
    world.clock.moment = at("2027-01-11 20:02")
    world.run()
    assert handed_over(world) == []
    world.act(EventKind.RESOLVED, "ben")


def desk_told(world: World) -> list[str]:
    return [try_.body for try_ in world.attempts() if "HANDOFF" in try_.body and try_.to == "desk"]


def test_after_a_night_in_which_clocks_spring_forward_the_desk_takes_over_at_eight_by_the_wall(world: World) -> None:
    taken_at(world, "2027-03-14 20:00", impact="high", plan="business-critical")
    world.advance(at("2027-03-15 08:00") - world.clock.moment)
    assert handed_over(world) == [("desk", "2027-03-15T12:00:00+00:00")]
    (told,) = desk_told(world)
    assert told.endswith("taken by Ben Okafor.")
    world.act(EventKind.RESOLVED, "ben")
    world.read_all()


def test_a_weekend_over_a_clock_change_is_handed_over_once_at_its_begin(world: World) -> None:
    taken_at(world, "2027-03-12 18:30", impact="high", plan="business-critical")
    for moment in ("2027-03-12 19:01", "2027-03-14 01:59", "2027-03-14 03:00", "2027-03-15 07:59"):
        world.advance(at(moment) - world.clock.moment)
    assert handed_over(world) == [("ana", "2027-03-13T00:01:00+00:00")]
    world.act(EventKind.RESOLVED, "ben")
    world.read_all()


def test_on_the_morning_of_a_holiday_the_next_engineer_takes_over_and_not_the_desk(world: World) -> None:
    world.publish(lambda start: {"primary": "chloe" if start == at("2027-01-18 08:00") else "ana", "secondary": "ben"})
    taken_at(world, "2027-01-18 05:00", impact="high", plan="business-critical")
    world.advance(at("2027-01-18 08:00") - world.clock.moment)
    world.expect_page("ben", containing="HANDOFF")
    message = world.expect_page("chloe")
    assert message.body.startswith("HANDOFF 1 open. First: HIGH T-1 Acme Ltd (BC), update by ")
    assert (handed_over(world), desk_told(world)) == ([("chloe", "2027-01-18T13:00:00+00:00")], [])
    world.advance(at("2027-01-19 08:00") - world.clock.moment)
    assert handed_over(world)[-1] == ("desk", "2027-01-19T13:00:00+00:00")
    world.act(EventKind.RESOLVED, "ben")
    world.read_all()


def test_a_merged_duplicate_is_not_handed_over_but_its_promise_is(world: World) -> None:
    world.clock.moment = at("2027-01-11 18:30")
    world.post("T-2")
    world.advance(10 * MINUTE)
    world.post("T-1")
    world.run()
    world.act(EventKind.ACKNOWLEDGED, "ben")
    world.act(EventKind.MERGED, "ben", "T-2", into="T-1")
    world.read_all()
    world.advance(at("2027-01-11 19:01") - world.clock.moment)
    body = "HANDOFF 1 open. First: URGENT T-1 Acme Ltd (STD), 1st reply by Mon 19:30 EST, taken by Ben Okafor."
    world.expect_page("ben", containing="HANDOFF")
    assert world.expect_page("ana").body == body
    world.act(EventKind.REPLIED, "ben")
    world.read_all()


def test_an_urgent_ticket_that_nobody_took_at_the_desk_goes_on_to_the_engineers_of_the_last_shift(world: World) -> None:
    world.clock.moment = at("2027-03-15 10:00")
    world.post()
    world.advance(14 * MINUTE)
    world.expect_silence()
    world.advance(MINUTE)
    world.expect_page("ana", containing="URGENT T-1")
    world.act(EventKind.REPLIED, "ana")


UNREADABLE = {
    "policy": "UPDATE events SET details = json_set(details, '$.policy', 99) WHERE kind = 'received'",
    "log": "UPDATE events SET kind = 'merged', details = '{}' WHERE kind = 'judged'",
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_ticket_whose_policy_or_log_cannot_be_read_is_handed_over_and_keeps_no_page_back(
    world: World, what: str
) -> None:
    world.clock.moment = at("2027-01-11 18:00")
    world.post("T-0", impact="high")
    tamper(world, UNREADABLE[what])
    tamper(world, "UPDATE tickets SET due_at = NULL")
    world.clock.moment = at("2027-01-11 19:02")
    world.post(impact="high")
    world.run()
    world.expect_page("ben", containing="HANDOFF Mon 19:01 EST: 1 open, first HIGH T-0 Acme Ltd (STD). More:")
    world.expect_page("ana", containing="HIGH T-1")
    assert handed_over(world, "T-0") == [("ana", "2027-01-12T00:01:00+00:00")]
    world.advance(MINUTE)
    assert world.expect_page("ana").body == ("HANDOFF 1 open. First: HIGH T-0 Acme Ltd (STD), taken by nobody.")


def test_what_cannot_be_handed_over_at_all_keeps_no_page_back(world: World) -> None:
    world.clock.moment = at("2027-01-11 18:00")
    world.post("T-0", impact="high")
    tamper(world, "DELETE FROM events WHERE kind = 'received'")
    tamper(world, "UPDATE tickets SET due_at = NULL")
    world.clock.moment = at("2027-01-11 19:02")
    world.post(impact="high")
    world.run()
    world.expect_page("ana", containing="HIGH T-1")


def note(world: World, text: str, by: str = "ana") -> None:
    """Write a note for the next shift."""
    context = world.engine().context(by)
    world.store.write(lambda tx: add_note(tx, text, by, context))


def briefed(world: World) -> list[tuple[str, str]]:
    """Return the texts about the shift that ended, by person."""
    alerts = world.store.read(lambda tx: tx.alerts(written_since=at("2026-01-01 00:00")))
    return sorted((alert.to, alert.body) for alert in alerts if alert.about.startswith("handoff") and alert.sent_at)


def test_the_next_shift_is_told_of_pages_holds_and_notes_in_one_segment(world: World) -> None:
    world.clock.moment = at("2027-01-09 03:12")
    world.post()
    world.run()
    world.expect_page("ana")
    world.act(EventKind.RESOLVED, "ana")
    world.post("T-2", impact="high", plan="standard")
    note(world, "the vendor calls back at nine")
    note(world, "T-1 may come again")
    world.override("chloe", role="primary", start="2027-01-09 08:00", end="2027-01-11 08:00")
    world.advance(at("2027-01-09 08:00") - world.clock.moment)
    message = world.expect_page("chloe")
    assert message.body == ("HANDOFF Sat 08:00 EST: nothing open. Paged 1, held 1, 2 notes: oncall handoff --last")
    assert is_gsm(message.body)
    assert len(message.body) <= 160
    world.act(EventKind.RESOLVED, "ana", "T-2")


def test_a_quiet_shift_sends_nothing(world: World) -> None:
    world.clock.moment = at("2027-01-10 12:00")
    world.advance(at("2027-01-12 19:05") - world.clock.moment)
    world.expect_silence()
    assert briefed(world) == []


def test_a_note_alone_is_told_to_everyone_who_comes_on(world: World) -> None:
    world.clock.moment = at("2027-01-11 12:00")
    note(world, "Acme tests its failover tonight", "mei")
    world.advance(at("2027-01-11 19:01") - world.clock.moment)
    body = "HANDOFF Mon 19:01 EST: nothing open. 1 note: oncall handoff --last"
    world.expect_pages("ana", "ben")
    assert briefed(world) == [("ana", body), ("ben", body)]
    for _ in range(2):
        world.restart()
        world.advance(10 * MINUTE)
    world.expect_silence()


def test_the_notice_of_the_primary_counts_what_else_there_is(world: World) -> None:
    taken_at(world, "2027-01-11 18:00")
    note(world, "Acme tests its failover tonight", "mei")
    world.advance(at("2027-01-11 19:01") - world.clock.moment)
    world.expect_page("ben", containing="1 note: oncall handoff --last")
    assert world.expect_page("ana").body == (
        "HANDOFF 1 open. First: URGENT T-1 Acme Ltd (STD), update by Mon 22:00 EST, taken by Ben Okafor. "
        "1 note: oncall handoff --last"
    )
    world.restart()
    world.advance(10 * MINUTE)
    world.act(EventKind.RESOLVED, "ben")


@pytest.mark.parametrize("calls", range(1, 14))
def test_a_briefing_is_sent_once_whenever_the_process_is_killed(world: World, calls: int) -> None:
    world.clock.moment = at("2027-01-11 18:59")
    note(world, "Acme tests its failover tonight", "mei")
    world.fate = Fate(calls)
    with suppress(Killed):
        world.advance(5 * MINUTE)
    world.fate = None
    world.restart()
    world.advance(15 * MINUTE)
    assert sorted(message.to for message in world.unread()) == ["ana", "ben"]
    world.read_all()


def test_an_engineer_who_sent_stop_gets_no_briefing(world: World) -> None:
    world.clock.moment = at("2027-01-11 12:00")
    world.sms("ben", "STOP")
    world.read_all()
    note(world, "Acme tests its failover tonight", "mei")
    world.advance(at("2027-01-11 19:01") - world.clock.moment)
    assert [person for person, _ in briefed(world)] == ["ana"]
    world.read_all()


def test_a_clock_that_is_set_back_over_the_handoff_repeats_nothing(world: World) -> None:
    world.clock.moment = at("2027-01-11 12:00")
    note(world, "Acme tests its failover tonight", "mei")
    world.advance(at("2027-01-11 19:01") - world.clock.moment)
    world.expect_pages("ana", "ben")
    world.clock.moment = at("2027-01-11 18:30")
    world.restart()
    world.advance(60 * MINUTE)
    world.expect_silence()


def test_an_engineer_is_told_how_their_shifts_changed_since_the_last_one(world: World) -> None:
    world.clock.moment = at("2027-01-12 10:00")
    world.override("ana", role="secondary", start="2027-02-01 19:01", end="2027-02-02 08:00")
    world.override("chloe", role="primary", start="2027-02-03 19:01", end="2027-02-05 08:00")
    world.advance(at("2027-01-12 19:01") - world.clock.moment)
    assert briefed(world) == [
        ("ana", "HANDOFF Tue 19:01 EST: nothing open. You have 1 new shift and lost 2 shifts: oncall handoff --last"),
        ("ben", "HANDOFF Tue 19:01 EST: nothing open. You lost 1 shift: oncall handoff --last"),
    ]
    world.read_all()
    world.advance(DAY)
    assert len(briefed(world)) == 2
    world.read_all()


def test_a_new_plan_counts_among_the_changes_of_one_s_shifts(world: World) -> None:
    world.clock.moment = at("2027-01-12 10:00")
    world.publish({"primary": "ben", "secondary": "ana"})
    world.advance(at("2027-01-12 19:01") - world.clock.moment)
    assert briefed(world) == [
        (
            "ana",
            "HANDOFF Tue 19:01 EST: nothing open. You have 58 new shifts and lost 58 shifts: oncall handoff --last",
        ),
        (
            "ben",
            "HANDOFF Tue 19:01 EST: nothing open. You have 58 new shifts and lost 58 shifts: oncall handoff --last",
        ),
    ]
    world.read_all()


def test_the_first_plan_is_no_change_of_anybody_s_shifts(world: World) -> None:
    world.advance(at("2027-01-12 19:01") - world.clock.moment)
    assert briefed(world) == []
