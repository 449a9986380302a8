"""What starts, meets, pauses and stops each SLA clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall.support.calendar import calendar_of
from oncall.support.clocks import ClockState, PolicyTerms, SlaClock, SlaEvent, SlaEventKind, SlaState, next_due, sla
from oncall.support.policy import Metric
from oncall.support.policy_file import packaged_policy, packaged_policy_text, policy_from_text

TERMS = PolicyTerms(packaged_policy(), calendar_of(packaged_policy(), None))
K = SlaEventKind
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def at(text: str) -> datetime:
    """A New York wall time as aware UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)


TUESDAY = at("2027-01-12 10:00")
SATURDAY = at("2027-01-09 03:12")


def opened(when: datetime = TUESDAY, impact: str = "urgent", plan: str = "standard") -> SlaEvent:
    return SlaEvent(when, K.OPENED, impact, TERMS, plan)


def seen(now: datetime, *events: SlaEvent) -> SlaState:
    return sla(events, now)


def only(state: SlaState, metric: Metric) -> SlaClock:
    (clock,) = [clock for clock in state.clocks if clock.metric is metric]
    return clock


def test_the_first_reply_is_due_from_the_opening() -> None:
    clock = only(seen(TUESDAY, opened()), Metric.FIRST_REPLY)
    assert (clock.since, clock.started_at, clock.due_at) == (TUESDAY, TUESDAY, TUESDAY + HOUR)
    assert clock.warn_at == TUESDAY + 45 * MINUTE


def test_a_ticket_held_outside_its_coverage_counts_from_the_coverage_s_begin() -> None:
    state = seen(SATURDAY, opened(SATURDAY, "high"))
    clock = only(state, Metric.FIRST_REPLY)
    assert (clock.started_at, clock.due_at) == (at("2027-01-11 00:00"), at("2027-01-11 04:00"))
    assert clock.state(SATURDAY) is ClockState.AHEAD


def test_coverage_hours_stand_still_outside_the_coverage() -> None:
    friday = at("2027-01-15 18:00")
    clock = only(seen(friday, opened(friday, "normal")), Metric.FIRST_REPLY)
    assert clock.due_at == at("2027-01-19 11:58")


def test_a_reply_meets_it_and_starts_the_next_update() -> None:
    state = seen(TUESDAY + HOUR, opened(), SlaEvent(TUESDAY + 30 * MINUTE, K.REPLIED))
    assert only(state, Metric.FIRST_REPLY).met_at == TUESDAY + 30 * MINUTE
    assert only(state, Metric.PERIODIC_UPDATE).due_at == TUESDAY + 30 * MINUTE + 4 * HOUR


def test_a_reply_at_the_very_instant_is_in_time_and_one_later_is_not() -> None:
    for late, state in ((0, ClockState.MET), (1, ClockState.BREACHED)):
        found = seen(TUESDAY + 2 * HOUR, opened(), SlaEvent(TUESDAY + HOUR + late * MINUTE, K.REPLIED))
        assert only(found, Metric.FIRST_REPLY).state(found.at) is state


def test_a_breach_is_the_instant_at_which_the_target_is_reached_unmet() -> None:
    assert only(seen(TUESDAY + 59 * MINUTE, opened()), Metric.FIRST_REPLY).breached_at is None
    state = seen(TUESDAY + HOUR, opened())
    assert only(state, Metric.FIRST_REPLY).breached_at == TUESDAY + HOUR
    assert next_due(state) == only(state, Metric.FIRST_REPLY)


def test_the_next_reply_counts_from_the_oldest_message_without_an_answer() -> None:
    replied = SlaEvent(TUESDAY + 10 * MINUTE, K.REPLIED)
    messages = [SlaEvent(TUESDAY + n * HOUR, K.CUSTOMER_REPLIED) for n in (1, 2)]
    clock = only(seen(TUESDAY + 2 * HOUR, opened(), replied, *messages), Metric.NEXT_REPLY)
    assert (clock.since, clock.due_at) == (TUESDAY + HOUR, TUESDAY + 3 * HOUR)


def test_what_the_customer_writes_before_the_first_reply_is_answered_by_it() -> None:
    state = seen(TUESDAY + HOUR, opened(), SlaEvent(TUESDAY + MINUTE, K.CUSTOMER_REPLIED))
    assert [clock.metric for clock in state.clocks] == [Metric.FIRST_REPLY]


def test_updates_pause_while_waiting_for_the_customer_and_continue_when_they_write() -> None:
    events = [opened(impact="high", plan="business-critical"), SlaEvent(TUESDAY, K.REPLIED)]
    events.append(SlaEvent(TUESDAY + HOUR, K.WAITING))
    clock = only(seen(TUESDAY + 20 * HOUR, *events), Metric.PERIODIC_UPDATE)
    assert (clock.is_paused, clock.due_at, clock.warn_at, clock.breached_at) == (True, None, None, None)
    events.append(SlaEvent(TUESDAY + 21 * HOUR, K.CUSTOMER_REPLIED))
    clock = only(seen(TUESDAY + 22 * HOUR, *events), Metric.PERIODIC_UPDATE)
    assert (clock.is_paused, clock.due_at) == (False, TUESDAY + 28 * HOUR)


def test_updates_of_an_urgent_ticket_do_not_pause() -> None:
    events = [opened(), SlaEvent(TUESDAY, K.REPLIED), SlaEvent(TUESDAY + HOUR, K.WAITING)]
    clock = only(seen(TUESDAY + 2 * HOUR, *events), Metric.PERIODIC_UPDATE)
    assert (clock.is_paused, clock.due_at) == (False, TUESDAY + 4 * HOUR)


def test_an_upgrade_re_targets_a_running_clock_from_its_own_start() -> None:
    change = SlaEvent(TUESDAY + 30 * MINUTE, K.IMPACT_CHANGED, "urgent", TERMS)
    clock = only(seen(change.at, opened(impact="high"), change), Metric.FIRST_REPLY)
    assert (clock.started_at, clock.due_at, clock.impact) == (TUESDAY, TUESDAY + HOUR, "urgent")


def test_an_upgrade_cannot_break_a_promise_before_it_was_made() -> None:
    change = SlaEvent(TUESDAY + 3 * HOUR, K.IMPACT_CHANGED, "urgent", TERMS)
    clock = only(seen(change.at + HOUR, opened(impact="high"), change), Metric.FIRST_REPLY)
    assert (clock.due_at, clock.breached_at) == (TUESDAY + HOUR, change.at)


def test_an_upgrade_of_a_held_ticket_counts_from_the_upgrade() -> None:
    change = SlaEvent(SATURDAY + HOUR, K.IMPACT_CHANGED, "urgent", TERMS)
    clock = only(seen(change.at, opened(SATURDAY, "high"), change), Metric.FIRST_REPLY)
    assert (clock.started_at, clock.due_at) == (change.at, change.at + HOUR)


def test_a_downgrade_at_night_that_is_taken_back_forgives_no_minute() -> None:
    down = SlaEvent(SATURDAY + 50 * MINUTE, K.IMPACT_CHANGED, "low", TERMS)
    up = SlaEvent(SATURDAY + 51 * MINUTE, K.IMPACT_CHANGED, "urgent", TERMS)
    clock = only(seen(SATURDAY + 2 * HOUR, opened(SATURDAY, "urgent"), down, up), Metric.FIRST_REPLY)
    assert (clock.started_at, clock.due_at, clock.breached_at) == (SATURDAY, SATURDAY + HOUR, SATURDAY + HOUR)


def test_a_downgrade_does_not_undo_a_breach() -> None:
    change = SlaEvent(TUESDAY + 2 * HOUR, K.IMPACT_CHANGED, "low", TERMS)
    clock = only(seen(change.at, opened(), change), Metric.FIRST_REPLY)
    assert (clock.impact, clock.breached_at) == ("low", TUESDAY + HOUR)


def test_resolving_stops_every_clock_and_breaks_no_promise() -> None:
    state = seen(TUESDAY + 9 * HOUR, opened(), SlaEvent(TUESDAY + MINUTE, K.RESOLVED))
    assert [clock.state(state.at) for clock in state.clocks] == [ClockState.STOPPED]
    assert (state.is_resolved, next_due(state)) == (True, None)


def test_a_reopened_ticket_needs_a_first_reply_again() -> None:
    events = [opened(), SlaEvent(TUESDAY + MINUTE, K.REPLIED), SlaEvent(TUESDAY + HOUR, K.RESOLVED)]
    state = seen(TUESDAY + 5 * HOUR, *events, SlaEvent(TUESDAY + 5 * HOUR, K.REOPENED))
    first = state.first_reply()
    assert first is not None
    assert first.due_at == TUESDAY + 6 * HOUR
    assert [clock.metric for clock in state.running] == [Metric.FIRST_REPLY]


def test_a_merged_duplicate_stops_for_good_and_says_what_came_later() -> None:
    late = SlaEvent(TUESDAY + HOUR, K.REOPENED)
    state = seen(TUESDAY + 9 * HOUR, opened(), SlaEvent(TUESDAY + MINUTE, K.MERGED), late)
    assert (state.is_merged, state.running) == (True, ())
    assert state.notes == (
        "Reopened at Tue 2027-01-12 11:00 EST: the ticket was merged into another one, so no clock changes.",
    )


def test_events_in_any_order_twice_or_from_a_slow_clock_count_rightly_and_are_noted() -> None:
    early = SlaEvent(TUESDAY - MINUTE, K.REPLIED, id="r-1")
    asked, answered = SlaEvent(TUESDAY + HOUR, K.CUSTOMER_REPLIED), SlaEvent(TUESDAY + 2 * HOUR, K.UPDATED)
    state = seen(TUESDAY + 3 * HOUR, opened(), answered, asked, early, early)
    assert only(state, Metric.FIRST_REPLY).met_at == TUESDAY
    assert only(state, Metric.NEXT_REPLY).met_at == answered.at
    assert state.notes == (
        "Customer replied at Tue 2027-01-12 11:00 EST was logged after a later event and counts at its own time.",
        "Replied at Tue 2027-01-12 09:59 EST lies before the opening and counts as at it.",
        "Replied at Tue 2027-01-12 09:59 EST came twice with the id r-1; the second one is left out.",
    )


def test_what_comes_later_than_the_instant_asked_about_does_not_count() -> None:
    events = [opened(), SlaEvent(TUESDAY + 30 * MINUTE, K.REPLIED)]
    assert only(seen(TUESDAY + 29 * MINUTE, *events), Metric.FIRST_REPLY).met_at is None


def test_a_new_policy_that_promises_the_plan_nothing_leaves_the_old_promise() -> None:
    text = (
        packaged_policy_text()
        .replace("  standard:\n", "  basic:\n")
        .replace("faster_than: standard", "faster_than: basic")
    )
    other = policy_from_text(text, "p")
    change = SlaEvent(TUESDAY + MINUTE, K.JUDGED, None, PolicyTerms(other, calendar_of(other, None), 2))
    state = seen(change.at, opened(), change)
    assert only(state, Metric.FIRST_REPLY).due_at == TUESDAY + HOUR
    assert state.notes == (
        "Judged at Tue 2027-01-12 10:01 EST: the policy in force promises standard nothing for urgent; "
        "the old promise holds.",
    )


def test_a_log_without_a_usable_opening_is_refused() -> None:
    with pytest.raises(ValueError, match="a ticket's events must begin with its opening"):
        sla([SlaEvent(TUESDAY, K.REPLIED)], TUESDAY)
    with pytest.raises(ValueError, match="an opening needs its plan, its impact and the terms in force"):
        sla([SlaEvent(TUESDAY, K.OPENED)], TUESDAY)


def test_a_ticket_to_which_nothing_was_promised_has_no_clocks_and_says_so() -> None:
    state = seen(TUESDAY, opened(plan="gold"), SlaEvent(TUESDAY, K.REPLIED))
    assert (state.clocks, state.first_reply(), next_due(state)) == ((), None, None)
    assert state.notes == ("The policy in force promises gold nothing for urgent: no clock runs.",)
