"""A drill goes through the pager as a page does, and counts in no SLA clock, escalation or report."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oncall.errors import Permanent, Refused
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import AttemptStatus, TicketStatus
from oncall.paging.watch.drill import progress, start_drill, whom
from tests.paging.world import MONDAY_MORNING, World


def drill(world: World, to: str = "ana") -> str:
    """Start a drill and run the pager. Return its id."""
    context = replace(world.engine().context("mei"), lease_until=None)
    ends_at = context.now + timedelta(minutes=2)
    stored, _ = world.store.write(lambda tx: start_drill(tx, to=to, ends_at=ends_at, context=context))
    world.run()
    return stored.ticket.id


def test_it_never_escalates_and_no_promise_runs_out(world: World) -> None:
    name = drill(world)
    world.expect_page("ana", containing="a test of the pager")
    world.advance(timedelta(days=2))
    world.expect_silence()
    assert world.ticket(name).status is TicketStatus.OPEN


@pytest.mark.parametrize("answer", ["ACK", "PASS", "DONE"])
def test_any_answer_to_it_ends_it_and_nobody_else_is_told(world: World, answer: str) -> None:
    name = drill(world)
    world.expect_page("ana")
    assert world.sms("ana", f"{answer} {world.code(name)}") == f"Thank you: {name} has arrived, the drill is over."
    assert world.ticket(name).status is TicketStatus.RESOLVED
    seen = world.store.read(lambda tx: progress(tx, name))
    assert (seen.is_accepted, seen.is_over, seen.answered_by) == (True, True, "ana")


@pytest.mark.parametrize(
    "kind", [EventKind.REOPENED, EventKind.IMPACT_CHANGED, EventKind.MERGED, EventKind.CUSTOMER_REPLIED]
)
def test_nothing_else_can_happen_to_it(world: World, kind: EventKind) -> None:
    name = drill(world)
    world.expect_page("ana")
    with pytest.raises(Refused) as refused:
        world.act(kind, "mei", name, impact="low", into="T-1")
    assert str(refused.value) == "a drill is a test page: it can only be acknowledged"


def test_a_page_that_the_provider_refuses_ends_nowhere_else(world: World) -> None:
    world.phones.fail(Permanent("landline", code=21614))
    name = drill(world)
    seen = world.store.read(lambda tx: progress(tx, name))
    assert (seen.status, seen.has_failed, seen.error) == (AttemptStatus.FAILED, True, "landline")
    world.advance(timedelta(hours=1))
    world.expect_silence()


def test_whom_it_reaches_when_nobody_is_named(world: World) -> None:
    assert world.store.read(lambda tx: whom(tx, None, world.clock.now())) == "ana"
    assert world.store.read(lambda tx: whom(tx, None, MONDAY_MORNING)) == "ana"
    assert world.store.read(lambda tx: whom(tx, "mei", MONDAY_MORNING)) == "mei"


def test_in_a_storm_it_goes_at_once_and_alone_and_holds_up_no_page(world: World) -> None:
    world.post("T-1", impact="high", plan="business-critical")
    world.run()
    world.expect_page("ana", containing="HIGH T-1")
    for number in (2, 3):
        world.post(f"T-{number}", impact="high", plan="business-critical")
    drill(world)
    drill(world)
    for _ in range(2):
        assert world.expect_page("ana").body.startswith("DRILL-")
    world.advance(timedelta(minutes=1))
    assert "And 1 more" in world.expect_page("ana", containing="HIGH T-2").body
    for number in (1, 2, 3):
        world.act(EventKind.ACKNOWLEDGED, "ana", f"T-{number}")


def test_whoever_has_not_answered_when_it_ends_is_told_that_it_is_over(world: World) -> None:
    name = drill(world)
    world.expect_page("ana")
    world.act(EventKind.RESOLVED, "mei", name)
    assert world.expect_page("ana").body == f"{name}: the test is over. No action needed."


def test_a_name_that_no_text_can_hold_is_refused_like_any_other_that_is_on_no_roster(world: World) -> None:
    with pytest.raises(Refused) as refused:
        world.store.read(lambda tx: whom(tx, "an\ud800", world.clock.moment))
    assert str(refused.value) == 'nobody on the published rosters has the id "an?"; did you mean "ana"?'
