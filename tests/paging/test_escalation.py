"""Who is paged at which minute, and when the escalation stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from oncall.paging.actions.record_action import record
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.pager_events import Judged
from oncall.paging.domain.ticket import AttemptStatus, TicketStatus
from oncall.support.policy_file import packaged_policy_text
from tests.paging.storm import each_alone
from tests.paging.world import MONDAY_MORNING, World, at

MINUTE = timedelta(minutes=1)


def policy_without_standard() -> str:
    """The packaged policy with its Standard plan renamed."""
    return packaged_policy_text().replace("  standard:", "  basic:").replace("than: standard", "than: basic")


def test_an_urgent_ticket_pages_the_primary_at_once(world: World) -> None:
    accepted = world.post()
    world.run()
    message = world.expect_page("ana")
    code = accepted.answer["page"]["code"]
    assert message.body == (
        f"URGENT T-1 Acme Ltd (STD): Sessions do not start. 1st reply by Sat 04:12 EST. Reply ACK {code}"
    )


def test_silence_goes_to_the_primary_again_the_secondary_and_the_manager_and_then_round_again(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    for minutes, person in ((5, "ana"), (5, "ben"), (10, "mei"), (10, "ana"), (5, "ana"), (5, "ben"), (10, "mei")):
        world.advance(minutes * MINUTE - timedelta(seconds=1))
        world.expect_silence()
        world.advance(timedelta(seconds=1))
        world.expect_page(person)


def test_an_acknowledgement_stops_it_and_tells_those_who_are_no_longer_needed(world: World) -> None:
    world.post()
    world.run()
    world.advance(10 * MINUTE)
    world.expect_page("ana")
    world.expect_page("ana")
    world.expect_page("ben")
    world.act(EventKind.ACKNOWLEDGED, "ben")
    world.expect_page("ana", containing="URGENT T-1 is taken by Ben")
    world.act(EventKind.REPLIED, "ben")
    world.advance(timedelta(hours=2))
    assert world.ticket().status is TicketStatus.ACKNOWLEDGED
    assert world.ticket().owner == "ben"


def test_a_held_ticket_is_released_at_its_hour_and_pages_then(world: World) -> None:
    accepted = world.post(impact="high")
    assert accepted.answer["verdict"]["action"] == "hold"
    assert accepted.answer["verdict"]["hold_until"] == "2027-01-11T00:00:00-05:00"
    assert "page" not in accepted.answer
    world.advance(at("2027-01-10 23:59") - world.clock.moment)
    world.expect_silence()
    world.advance(MINUTE)
    world.expect_page("ana", containing="HIGH T-1")


def test_a_ticket_at_the_desk_that_nobody_takes_goes_to_the_engineers_of_the_shift_that_ended_last(
    world: World,
) -> None:
    world.clock.moment = MONDAY_MORNING
    accepted = world.post()
    assert accepted.answer["verdict"]["action"] == "desk"
    world.run()
    assert [(a.to, a.status) for a in world.attempts()] == [("desk", AttemptStatus.DELIVERED)]
    world.advance(15 * MINUTE - timedelta(seconds=1))
    world.expect_silence()
    world.advance(timedelta(seconds=1))
    world.expect_page("ana")
    world.advance(10 * MINUTE)
    world.expect_page("ana")
    world.expect_page("ben")
    fired = [event.why for event in world.events("T-1") if event.kind is EventKind.STEP_FIRED]
    assert fired == [
        "in business hours the desk owns tickets",
        "ana was primary of the shift that ended last",
        "ana was primary of the shift that ended last",
        "ben was secondary of the shift that ended last",
    ]


def test_a_normal_ticket_at_the_desk_pages_nobody_ever(world: World) -> None:
    world.clock.moment = MONDAY_MORNING
    world.post(impact="normal")
    world.advance(timedelta(hours=3))
    world.expect_silence()


def test_with_nobody_on_call_the_manager_is_paged_at_once_and_the_ticket_says_why(world: World) -> None:
    world.publish(lambda start: {} if start == at("2027-01-08 19:01") else {"primary": "ana", "secondary": "ben"})
    accepted = world.post()
    assert accepted.answer["verdict"]["engineer"] == "mei"
    assert "The schedule has a gap: nobody is on call as primary or secondary." in accepted.answer["verdict"]["reasons"]
    assert "So the manager, mei, is paged at once." in accepted.answer["verdict"]["reasons"]
    world.run()
    world.expect_page("mei")
    skipped = [event.why for event in world.events() if event.kind is EventKind.STEP_SKIPPED]
    assert skipped == ["the schedule has a gap: nobody is primary"] * 2 + [
        "the schedule has a gap: nobody is secondary"
    ]
    world.advance(30 * MINUTE - timedelta(seconds=1))
    world.expect_silence()
    world.advance(timedelta(seconds=1))
    world.expect_page("mei")


def test_a_step_that_reaches_nobody_is_skipped_in_the_same_second(world: World) -> None:
    world.publish({"primary": "ana"})
    world.post()
    world.advance(10 * MINUTE)
    world.expect_page("ana")
    world.expect_page("ana")
    world.expect_page("mei")
    assert [event.why for event in world.events() if event.kind is EventKind.STEP_SKIPPED] == [
        "the schedule has a gap: nobody is secondary"
    ]


def test_an_override_between_two_steps_is_followed_at_once(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.override("chloe", role="primary", start="2027-01-09 03:00", end="2027-01-09 08:00")
    world.advance(5 * MINUTE)
    world.expect_page("chloe")


def test_the_same_person_in_both_roles_is_not_paged_twice_for_one_step(world: World) -> None:
    world.override("ben", role="primary", start="2027-01-09 00:00", end="2027-01-09 08:00")
    world.post()
    world.run()
    world.expect_page("ben")
    world.advance(10 * MINUTE)
    world.expect_page("ben")
    world.expect_page("mei")


def test_an_outage_is_not_followed_by_a_volley(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.clock.moment += timedelta(hours=3)
    world.run()
    world.expect_page("ana")
    world.expect_page("mei", containing="BREACH URGENT T-1")
    world.advance(4 * MINUTE)
    world.expect_silence()
    world.advance(MINUTE)
    world.expect_page("ben")


def test_passing_it_on_escalates_at_once_to_somebody_else(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.act(EventKind.ACKNOWLEDGED, "ana")
    world.act(EventKind.PASSED, "ana")
    world.expect_page("ben")
    skipped = [event.why for event in world.events() if event.kind is EventKind.STEP_SKIPPED]
    assert skipped == ["ana has passed it on"]
    world.advance(10 * MINUTE)
    world.expect_page("mei")


def test_who_passed_it_on_is_asked_again_in_the_next_round(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.act(EventKind.PASSED, "ana")
    world.expect_page("ben")
    world.advance(10 * MINUTE)
    world.expect_page("mei")
    world.advance(20 * MINUTE)
    world.expect_page("ana")


def test_passing_on_a_ticket_that_is_held_pages_at_once(world: World) -> None:
    world.post(impact="high")
    world.act(EventKind.PASSED, "zendesk")
    world.expect_page("ana", containing="HIGH T-1")


def test_passing_on_a_ticket_that_the_desk_has_for_good_pages_the_engineers(world: World) -> None:
    world.clock.moment = MONDAY_MORNING
    world.post(impact="low")
    world.run()
    world.act(EventKind.PASSED, "desk")
    world.expect_page("ana", containing="LOW T-1")


def test_a_pass_from_a_clock_that_is_ahead_does_not_wait_for_it(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    context = replace(world.engine().context("ana"), lease_until=None)
    action = TicketAction(EventKind.PASSED, "ana", world.clock.moment + 4 * MINUTE)
    world.store.write(lambda tx: record(tx, "T-1", action, context))
    world.run()
    world.expect_page("ben")


def test_a_resolved_ticket_frees_its_code_and_a_reopened_one_pages_again(world: World) -> None:
    each_alone(world)
    world.post()
    world.run()
    world.expect_page("ana")
    world.act(EventKind.RESOLVED, "ana")
    assert world.ticket().status is TicketStatus.RESOLVED
    world.act(EventKind.REOPENED, "zendesk")
    world.expect_page("ana")


def test_a_downgrade_to_an_impact_that_waits_stops_the_paging(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.act(EventKind.IMPACT_CHANGED, "zendesk", impact="low")
    world.advance(timedelta(hours=2))
    assert world.ticket().action == "hold"


def test_an_upgrade_of_a_held_ticket_pages_at_once(world: World) -> None:
    world.post(impact="high")
    world.act(EventKind.IMPACT_CHANGED, "zendesk", impact="critical")
    world.expect_page("ana", containing="URGENT T-1")


def test_a_repeated_event_of_the_sender_changes_nothing(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    first = world.act(EventKind.ACKNOWLEDGED, "ana", id="e-1")
    again = world.act(EventKind.ACKNOWLEDGED, "ana", id="e-1")
    assert (first.changed, again.changed) == (True, False)


def test_judging_a_ticket_at_the_desk_again_and_again_does_not_put_off_its_escalation(world: World) -> None:
    world.clock.moment = MONDAY_MORNING
    world.post(impact="high")
    for _ in range(5):
        world.advance(3 * MINUTE - timedelta(seconds=1))
        world.act(EventKind.IMPACT_CHANGED, "zendesk", impact="urgent")
    world.expect_silence()
    world.advance(timedelta(seconds=5))
    world.expect_page("ana", containing="URGENT T-1")


def test_a_ticket_at_the_desk_that_comes_to_page_starts_its_time_at_the_desk_then(world: World) -> None:
    world.clock.moment = MONDAY_MORNING
    world.post(impact="normal")
    world.advance(timedelta(hours=2))
    world.act(EventKind.IMPACT_CHANGED, "zendesk", impact="high")
    world.advance(15 * MINUTE - timedelta(seconds=1))
    world.expect_silence()
    world.advance(timedelta(seconds=1))
    world.expect_page("ana", containing="HIGH T-1")


def test_a_hold_that_ended_during_an_outage_pages_late_with_the_deadline_that_was_promised(world: World) -> None:
    held = world.post(impact="high")
    world.clock.moment = at("2027-01-11 00:40")
    world.run()
    world.expect_page("ana", containing="1st reply by Mon 04:00 EST")
    promised = datetime.fromisoformat(str(held.answer["verdict"]["first_reply_due"]))
    assert world.ticket().first_reply_due == promised


def test_a_hold_that_ended_during_a_very_long_outage_is_not_held_once_more(world: World) -> None:
    world.post(impact="high")
    world.clock.moment = at("2027-01-16 12:00")
    world.run()
    world.expect_page("ana", containing="HIGH T-1")
    world.expect_page("mei", containing="BREACH HIGH T-1")
    judged = world.logged(Judged)[-1]
    assert "It was held until Mon 2027-01-11 00:00 EST, and nothing is held twice." in judged.verdict.reasons


def test_a_policy_that_does_not_know_the_plan_any_more_does_not_stop_the_paging(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.publish(policy=policy_without_standard())
    world.advance(10 * MINUTE)
    world.expect_page("ana", containing="(standard)")
    world.expect_page("ben")


def test_a_held_ticket_whose_plan_is_gone_is_paged_at_its_hour_and_says_why(world: World) -> None:
    world.post(impact="high")
    world.publish(policy=policy_without_standard())
    world.advance(at("2027-01-11 00:00") - world.clock.moment)
    world.expect_page("ana", containing="HIGH T-1")
    judged = world.logged(Judged)[-1]
    assert judged.verdict.reasons == (
        '"standard" is not a plan of the policy; write "basic" or "business-critical".',
        "The current policy cannot judge this ticket, so it is paged.",
    )
