"""Every way to act on a ticket passes the check of what may be recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oncall.paging.actions.field_faults import FieldFaults
from oncall.paging.actions.record_action import record
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.domain.events import EventKind
from oncall.paging.outgoing.new_attempts import ActionContext
from tests.paging.world import World

NO_NAME = "by: is not an id or a name of 1 to 60 letters, and never a phone number"
KINDS = "acknowledged, replied, customer_replied, updated, resolved, reopened, impact_changed, passed, waiting, merged"


def refusal(world: World, **changed: Any) -> str:
    context = ActionContext("zendesk", world.clock.now(), world.clock.real_now())
    action = replace(TicketAction(EventKind.REPLIED, "ana", context.now), **changed)
    with pytest.raises(FieldFaults) as caught:
        world.store.write(lambda tx: record(tx, "T-1", action, context))
    return str(caught.value)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"by": "+13055550101"}, NO_NAME),
        ({"by": "305 555 0101"}, NO_NAME),
        ({"by": "ana\n"}, NO_NAME),
        ({"by": "a" * 61}, NO_NAME),
        ({"why": "x" * 1001}, "why: is not text of at most 1000 characters"),
        ({"id": "two words"}, "id: is not text of 1 to 100 printable characters"),
        ({"kind": EventKind.JUDGED}, f"kind: write one of {KINDS}"),
        ({"kind": EventKind.IMPACT_CHANGED}, "impact: missing"),
        ({"kind": EventKind.MERGED}, "into: missing"),
    ],
)
def test_an_action_that_may_not_be_recorded_is_refused_whoever_built_it(
    world: World,
    changed: dict[str, Any],
    message: str,
) -> None:
    world.post()
    assert refusal(world, **changed) == message
    assert [event.kind for event in world.events()] == [EventKind.RECEIVED, EventKind.JUDGED, EventKind.STEP_FIRED]


def test_an_action_that_lies_ahead_or_a_year_back_is_refused(world: World) -> None:
    world.post()
    for away in (timedelta(minutes=6), timedelta(days=-367)):
        assert refusal(world, at=world.clock.now() + away) == "at: is in the future or more than a year ago"


def test_every_fault_of_an_action_is_told_at_once(world: World) -> None:
    world.post()
    assert refusal(world, by="+13055550101", why="x" * 5000, kind=EventKind.MERGED).splitlines() == [
        NO_NAME,
        "why: is not text of at most 1000 characters",
        "into: missing",
    ]


def test_a_reply_by_sms_is_recorded_under_the_person_s_id_and_never_under_their_number(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.sms("ana", "ACK")
    (taken,) = [event for event in world.events() if event.kind is EventKind.ACKNOWLEDGED]
    assert (taken.by, taken.why) == ("ana", "by SMS")
