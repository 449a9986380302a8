"""Duplicates: the deadlines of merged tickets hold on the remaining ticket, whose messages reach their customers'
engineer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oncall.errors import Refused
from oncall.paging.actions.record_action import record
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.clocks.clock_book import clocks
from oncall.paging.domain.events import CustomerReplied, EventKind, ImpactChanged, Merged, Replied, Updated
from oncall.paging.domain.pager_events import Absorbed, Breached
from oncall.paging.domain.ticket import TicketStatus
from oncall.reports.sla_report import Days, sla_report
from oncall.support.clocks import SlaState
from oncall.support.policy import Metric
from tests.paging.storm import each_alone
from tests.paging.world import World, at

MINUTE = timedelta(minutes=1)
EVENING = at("2027-01-11 20:00")


def state_of(world: World, ticket_id: str = "T-1") -> SlaState:
    stored = world.ticket(ticket_id)
    return world.store.read(lambda tx: clocks(tx, stored.ticket, tx.events(ticket_id), world.clock.moment))


def running(world: World, ticket_id: str = "T-1") -> list[tuple[str, str]]:
    """Return metric and due time (New York) of each running clock, in the order in which they started."""
    zone = world.roster.zone
    return [
        (clock.metric.value, clock.due_at.astimezone(zone).strftime("%H:%M") if clock.due_at else "paused")
        for clock in state_of(world, ticket_id).running
    ]


def two(world: World, *, between: timedelta = 30 * MINUTE, **changes: str) -> None:
    """`T-2` comes in at 20:00 and `T-1` a little later; `changes` are those of T-2."""
    world.clock.moment = EVENING
    world.post("T-2", **changes)
    world.advance(between)
    world.post("T-1")
    world.run()


def merge(world: World, ticket_id: str = "T-2", into: str = "T-1") -> str:
    return world.act(EventKind.MERGED, "ana", ticket_id, into=into).sentence


def test_the_older_duplicates_first_reply_is_owed_no_later_on_the_ticket_that_goes_on(world: World) -> None:
    two(world)
    world.act(EventKind.ACKNOWLEDGED, "ana")
    assert merge(world) == "T-2 is merged into T-1."
    assert running(world) == [("first_reply", "21:30"), ("first_reply", "21:00")]
    assert world.ticket().first_reply_due == at("2027-01-11 21:00")
    assert running(world, "T-2") == []
    world.read_all()
    world.advance(at("2027-01-11 20:45") - world.clock.moment)
    world.expect_page("ana", containing="1st reply due Mon 21:00 EST")
    world.act(EventKind.REPLIED, "ana")
    met = [(clock.state(world.clock.moment).value, clock.met_at) for clock in state_of(world).clocks[:2]]
    assert met == [("met", at("2027-01-11 20:45"))] * 2
    assert [clock.state(world.clock.moment).value for clock in state_of(world, "T-2").clocks] == ["merged"]
    world.read_all()


def test_a_message_that_nobody_answered_on_the_duplicate_is_owed_its_next_reply(world: World) -> None:
    two(world)
    world.act(EventKind.REPLIED, "ana", "T-1")
    world.act(EventKind.REPLIED, "ana", "T-2")
    world.advance(MINUTE)
    world.act(EventKind.CUSTOMER_REPLIED, "zendesk", "T-2")
    merge(world)
    assert ("next_reply", "22:31") in running(world)
    world.read_all()


def test_a_message_on_the_duplicate_after_the_last_answer_on_the_ticket_that_goes_on_is_owed_a_reply(
    world: World,
) -> None:
    two(world)
    world.act(EventKind.REPLIED, "ana", "T-1")
    world.advance(MINUTE)
    world.act(EventKind.CUSTOMER_REPLIED, "zendesk", "T-2")
    world.advance(MINUTE)
    merge(world)
    assert running(world) == [("periodic_update", "00:30"), ("next_reply", "22:31")]
    world.act(EventKind.REPLIED, "ana", "T-1")
    world.read_all()


def test_what_the_customer_was_told_on_the_ticket_that_goes_on_has_answered_the_duplicate(world: World) -> None:
    two(world)
    world.act(EventKind.REPLIED, "ana", "T-1")
    world.advance(MINUTE)
    merge(world)
    inherited = state_of(world).clocks[-1]
    assert (inherited.metric.value, inherited.met_at) == ("first_reply", at("2027-01-11 20:30"))
    assert [metric for metric, _ in running(world)] == ["periodic_update"]
    world.read_all()


def test_a_breach_that_was_told_of_the_duplicate_is_not_told_again(world: World) -> None:
    two(world, between=70 * MINUTE)
    world.act(EventKind.ACKNOWLEDGED, "ana")
    merge(world)
    world.read_all()
    world.run()
    world.expect_silence()
    inherited = state_of(world).clocks[1]
    assert (inherited.breached_at, world.logged(Breached)) == (at("2027-01-11 21:00"), [])
    world.act(EventKind.REPLIED, "ana")
    world.read_all()


def test_both_timelines_tell_of_the_merge(world: World) -> None:
    two(world)
    merge(world)
    (merged,) = world.logged(Merged, "T-2")
    (absorbed,) = world.logged(Absorbed)
    assert (merged.why, merged.into) == ("a duplicate of T-1", "T-1")
    assert (absorbed.why, absorbed.by, absorbed.duplicate) == ("T-2 was merged into it", "ana", "T-2")
    world.read_all()


def test_whoever_was_paged_for_the_duplicate_hears_where_it_goes_on(world: World) -> None:
    each_alone(world)
    world.clock.moment = EVENING
    world.post("T-2")
    world.run()
    world.expect_page("ana")
    world.post("T-1")
    world.run()
    world.expect_page("ana")
    world.act(EventKind.MERGED, "ben", "T-2", into="T-1")
    assert world.expect_page("ana").body == "URGENT T-2 was merged into T-1. No action needed."
    world.act(EventKind.REPLIED, "ana")


def test_a_chain_of_merges_hands_every_promise_to_the_last(world: World) -> None:
    two(world, between=10 * MINUTE)
    world.advance(10 * MINUTE)
    world.post("T-3")
    world.run()
    merge(world, "T-2", "T-1")
    merge(world, "T-1", "T-3")
    assert sorted(due for _, due in running(world, "T-3")) == ["21:00", "21:10", "21:20"]
    world.act(EventKind.REPLIED, "ana", "T-3")
    world.read_all()


def test_merging_into_a_duplicate_merges_into_the_ticket_that_goes_on(world: World) -> None:
    two(world)
    world.post("T-3")
    world.run()
    merge(world, "T-2", "T-1")
    assert merge(world, "T-3", "T-2") == "T-3 is merged into T-1."
    (merged,) = world.logged(Merged, "T-3")
    assert (merged.into, merged.named) == ("T-1", "T-2")
    world.read_all()


def test_a_more_urgent_duplicate_makes_the_ticket_that_goes_on_as_urgent(world: World) -> None:
    each_alone(world)
    world.clock.moment = EVENING
    world.post("T-1", impact="normal")
    world.post("T-2")
    world.run()
    world.expect_page("ana", containing="URGENT T-2")
    merge(world)
    (raised,) = world.logged(ImpactChanged)
    assert (raised.why, world.ticket().impact) == (
        "T-2, which is urgent, was merged into it",
        "urgent",
    )
    world.expect_page("ana", containing="URGENT T-1 Acme Ltd (STD)")
    world.act(EventKind.REPLIED, "ana")
    world.read_all()


def test_a_calmer_duplicate_leaves_the_impact_as_it_is(world: World) -> None:
    two(world, impact="normal")
    merge(world)
    assert (world.ticket().impact, world.logged(ImpactChanged)) == ("urgent", [])
    world.read_all()


def refused(world: World, ticket_id: str, into: str) -> str:
    with pytest.raises(Refused) as refusal:
        merge(world, ticket_id, into)
    return str(refusal.value)


def test_a_merge_that_cannot_be_is_refused_in_a_sentence(world: World) -> None:
    two(world)
    world.post("T-3", customer="Globex")
    world.post("T-4", plan="business-critical")
    world.run()
    assert refused(world, "T-1", "T-1") == "T-1 cannot be merged into itself"
    assert refused(world, "T-1", "T-9") == 'T-1: no ticket has the id "T-9" to merge it into'
    assert refused(world, "T-3", "T-1") == (
        "T-3 is a ticket of Globex and T-1 one of Acme Ltd: a reply to one customer does not answer the other, so "
        "they cannot be merged"
    )
    assert refused(world, "T-4", "T-1") == (
        "T-4 has the plan business-critical and T-1 the slower standard: merge T-1 into T-4 instead"
    )
    merge(world, "T-2", "T-1")
    assert refused(world, "T-1", "T-2") == "T-1: T-2 is merged into T-1 already"
    world.act(EventKind.RESOLVED, "ana", "T-1")
    assert refused(world, "T-4", "T-1") == "T-4: T-1 is resolved; reopen it first, or merge into an open ticket"
    world.read_all()


def test_a_slower_plans_duplicate_keeps_the_promise_that_was_made_to_it(world: World) -> None:
    world.clock.moment = EVENING
    world.post("T-2")
    world.post("T-1", plan="business-critical", impact="high")
    world.run()
    merge(world)
    inherited = state_of(world).clocks[-1]
    assert (inherited.plan, inherited.due_at) == ("standard", at("2027-01-11 21:00"))
    world.act(EventKind.IMPACT_CHANGED, "ana", impact="high")
    inherited = state_of(world).clocks[-1]
    assert (inherited.plan, inherited.due_at) == ("standard", at("2027-01-12 00:00"))
    world.read_all()


def test_a_customer_who_writes_on_a_duplicate_is_heard_once_on_the_ticket_that_goes_on(world: World) -> None:
    two(world)
    world.act(EventKind.REPLIED, "ana", "T-1")
    world.act(EventKind.REPLIED, "ana", "T-2")
    merge(world)
    done = world.act(EventKind.CUSTOMER_REPLIED, "zendesk", "T-2", id="e-1", why="still down")
    assert (
        done.sentence
        == "T-2 is merged into T-1: the customer's message counts there. T-1: the customer's message is recorded."
    )
    assert ("next_reply", "22:30") in running(world)
    again = world.act(EventKind.CUSTOMER_REPLIED, "zendesk", "T-2", id="e-1", why="still down")
    assert (again.changed, again.sentence) == (False, "T-2: this event is recorded already.")
    (there,) = world.logged(CustomerReplied)
    (here,) = world.logged(CustomerReplied, "T-2")
    assert (there.why, there.forwarded_from) == ("written on T-2. still down", "T-2")
    assert (here.why, here.forwarded_to) == ("the customer's message counts on T-1", "T-1")
    assert state_of(world, "T-2").notes == ()
    world.read_all()


def test_a_message_on_a_duplicate_of_a_resolved_ticket_opens_that_one_again(world: World) -> None:
    each_alone(world)
    two(world)
    merge(world)
    world.act(EventKind.RESOLVED, "ana")
    world.read_all()
    world.act(EventKind.CUSTOMER_REPLIED, "zendesk", "T-2")
    world.expect_page("ana", containing="URGENT T-1")
    assert world.ticket().status is TicketStatus.OPEN
    world.act(EventKind.REPLIED, "ana")
    world.read_all()


@pytest.mark.parametrize(("kind", "what"), [(Replied, "reply"), (Updated, "update")])
def test_what_the_customer_is_told_on_a_duplicate_answers_them_once_on_the_ticket_that_goes_on(
    world: World, kind: type[Replied | Updated], what: str
) -> None:
    two(world)
    merge(world)
    action = EventKind.REPLIED if kind is Replied else EventKind.UPDATED
    done = world.act(action, "ana", "T-2", id="e-1", why="we are on it")
    assert done.sentence == f"T-2 is merged into T-1: the {what} counts there. T-1: the {what} is recorded."
    assert [metric for metric, _ in running(world)] == ["periodic_update"]
    again = world.act(action, "ana", "T-2", id="e-1", why="we are on it")
    assert (again.changed, again.sentence) == (False, "T-2: this event is recorded already.")
    (there,), (here,) = world.logged(kind), world.logged(kind, "T-2")
    assert (there.why, there.forwarded_from) == ("written on T-2. we are on it", "T-2")
    assert (here.why, here.forwarded_to) == (f"the {what} counts on T-1", "T-1")
    assert (world.ticket().owner, world.ticket("T-2").status) == ("ana", TicketStatus.RESOLVED)
    assert state_of(world, "T-2").notes == ()
    world.read_all()


def test_a_reply_of_before_the_merge_that_comes_late_is_in_time_on_the_ticket_that_goes_on(world: World) -> None:
    two(world, between=50 * MINUTE)
    replied_at = world.clock.moment
    world.advance(5 * MINUTE)
    merge(world)
    world.advance(10 * MINUTE)
    late = TicketAction(EventKind.REPLIED, "ana", replied_at)
    context = replace(world.engine().context("ana"), lease_until=None)
    world.store.write(lambda tx: record(tx, "T-2", late, context))
    state = state_of(world)
    firsts = [clock for clock in state.clocks if clock.metric is Metric.FIRST_REPLY]
    assert [(clock.state(state.at).value, clock.met_at) for clock in firsts] == [("met", replied_at)] * 2
    world.read_all()


def test_a_reply_on_a_duplicate_of_a_resolved_ticket_is_refused_and_leaves_nothing(world: World) -> None:
    two(world)
    merge(world)
    world.act(EventKind.RESOLVED, "ana")
    with pytest.raises(Refused, match=r"^T-1 is resolved; reopen it first$"):
        world.act(EventKind.REPLIED, "ana", "T-2")
    assert world.logged(Replied, "T-2") == []
    world.read_all()


def test_everything_else_on_a_duplicate_is_refused_with_the_place_to_go_on(world: World) -> None:
    two(world)
    merge(world)
    with pytest.raises(Refused, match=r"^T-2 is merged into T-1; go on there$"):
        world.act(EventKind.WAITING, "ana", "T-2")
    world.read_all()


def test_the_clocks_of_a_merged_ticket_are_the_same_after_a_restart(world: World) -> None:
    two(world)
    merge(world)
    before = state_of(world)
    world.restart()
    assert state_of(world) == before
    world.read_all()


def test_reports_count_each_promise_once_where_it_goes_on(world: World) -> None:
    two(world)
    merge(world)
    world.act(EventKind.REPLIED, "ana")
    world.read_all()
    day = at("2027-01-11 12:00").date()
    report = world.store.read(lambda tx: sla_report(tx, Days(day, day, tx.policy().zone), as_of=world.clock.moment))
    assert (report.tickets, report.counts.met, report.counts.stopped, report.breaches) == (2, 2, 0, ())


def test_reports_count_a_breach_of_a_duplicate_once(world: World) -> None:
    two(world, between=70 * MINUTE)
    world.act(EventKind.ACKNOWLEDGED, "ana")
    merge(world)
    world.act(EventKind.REPLIED, "ana")
    world.read_all()
    day = at("2027-01-11 12:00").date()
    report = world.store.read(lambda tx: sla_report(tx, Days(day, day, tx.policy().zone), as_of=world.clock.moment))
    assert [(breach.ticket.id, breach.breached_at) for breach in report.breaches] == [("T-1", at("2027-01-11 21:00"))]
    assert (report.counts.met, report.counts.breached) == (1, 1)
