"""What could hide an overdue ticket from the auditor: wrong rows, impossible logs, many tickets, its own faults."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import pytest

from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.store import Transaction
from oncall.paging.views.ticket_views import listing_view
from oncall.paging.watch.audit import Audit
from oncall.paging.watch.auditor import Auditor
from tests.paging.test_auditor import Control, Counts, deliver
from tests.paging.world import World

AGAIN = timedelta(seconds=5)


def tamper(world: World, statement: str) -> None:
    """Change the database without the pager's knowledge, as a person or an unknown fault would."""
    with closing(sqlite3.connect(world.url.removeprefix("sqlite:///"))) as connection, connection:
        assert connection.execute(statement).rowcount > 0


def crowd(world: World, name: str, number: int) -> None:
    """Post tickets that page nobody, one a second."""
    for each in range(number):
        world.clock.moment += timedelta(seconds=1)
        world.post(f"{name}-{each}", impact="low")


@pytest.mark.slow
def test_a_ticket_among_a_thousand_others_is_named_and_stays_named(world: World) -> None:
    crowd(world, "OLD", 450)
    world.post("T-1")
    tamper(world, "UPDATE tickets SET due_at = NULL WHERE id = 'T-1'")
    tamper(world, "DELETE FROM attempts WHERE ticket = 'T-1'")
    crowd(world, "NEW", 450)
    control = Control(world)
    control.look(after=timedelta(minutes=10))
    named = [control.look(after=AGAIN) for _ in range(12)]
    found = [any("T-1: the log has a page" in problem for problem in problems) for problems in named]
    assert found == sorted(found)
    assert found[-8:] == [True] * 8
    assert control.alarms() == ["audit_overdue"]


def test_a_row_that_says_by_mistake_that_somebody_has_the_ticket_hides_nothing(world: World) -> None:
    world.post()
    tamper(world, "UPDATE tickets SET status = 'acknowledged', due_at = NULL")
    control = Control(world)
    control.look(after=timedelta(minutes=7))
    assert control.look(after=AGAIN) == ["overdue: T-1: its next step has been due for 125 s and did not fire"]


def test_a_row_that_says_by_mistake_that_the_ticket_is_over_hides_nothing(world: World) -> None:
    world.post()
    tamper(world, "UPDATE tickets SET status = 'resolved', due_at = NULL")
    control = Control(world)
    control.look(after=timedelta(minutes=7))
    assert control.look(after=AGAIN) == ["overdue: T-1: its next step has been due for 125 s and did not fire"]


def test_a_page_that_no_pager_would_ever_claim_is_named(world: World) -> None:
    world.post()
    tamper(world, "UPDATE attempts SET claimable_at = NULL")
    control = Control(world)
    control.look(after=timedelta(seconds=65))
    assert control.look(after=AGAIN) == ["overdue: T-1: a page was written 70 s ago and no provider has accepted it"]


def test_a_page_that_rides_in_a_message_that_is_over_is_named(world: World) -> None:
    world.post("T-1", impact="high", plan="business-critical")
    world.post("T-2", impact="high", plan="business-critical")
    world.run()
    world.expect_page("ana", containing="And 1 more")
    deliver(world)
    tamper(world, "UPDATE attempts SET status = 'sending', provider_id = NULL WHERE id != bundle")
    control = Control(world)
    control.look(after=timedelta(seconds=65))
    (named,) = control.look(after=AGAIN)
    (rider,) = [name for name in ("T-1", "T-2") if world.attempts(name)[0].is_member]
    assert named == f"overdue: {rider}: a page was written 70 s ago and no provider has accepted it"


def test_a_log_that_cannot_be_read_is_named_and_hides_no_other(world: World) -> None:
    world.post("T-1")
    world.post("T-2")
    tamper(world, "UPDATE events SET details = '{}' WHERE ticket = 'T-1' AND kind = 'judged'")
    control = Control(world)
    control.look(after=timedelta(minutes=6, seconds=10))
    named = control.look(after=AGAIN)
    assert "overdue: T-1: its log cannot be read, so its next step is not known" in named
    assert "overdue: T-2: its next step has been due for 75 s and did not fire" in named


def test_a_log_with_an_unreadable_verdict_is_listed_with_its_clocks_like_any_other(world: World) -> None:
    world.post("T-1")
    world.post("T-2")
    tamper(world, "UPDATE events SET details = '{}' WHERE ticket = 'T-1' AND kind = 'judged'")
    listing = world.store.read(lambda tx: listing_view(tx, TicketFilter(), world.clock.now()))
    clocks = {ticket["id"]: [clock["metric"] for clock in ticket["clocks"]] for ticket in listing["tickets"]}
    assert clocks == {"T-1": ["first_reply"], "T-2": ["first_reply"]}


def test_a_policy_that_is_gone_makes_the_auditor_name_the_ticket_that_needs_it(world: World) -> None:
    world.post()
    tamper(world, "UPDATE events SET details = json_set(details, '$.policy', 99) WHERE kind = 'received'")
    control = Control(world)
    control.look()
    assert "overdue: T-1: its log cannot be read, so its next step is not known" in control.look(after=AGAIN)


def test_an_auditor_that_fails_raises_an_alarm_and_is_not_taken_for_one_that_finds_nothing(world: World) -> None:
    control = Control(world)
    is_broken = True

    async def read(work: Callable[[Transaction], Audit]) -> Audit:
        if is_broken:
            raise KeyError("T-1")
        return Audit((), {}, 0, None, None)

    counts = Counts()
    auditor = Auditor(read, world.clock, "w1", counts, control._hear)
    asyncio.run(auditor.audit_once())
    asyncio.run(auditor.audit_once())
    words = "the auditor failed (KeyError): what is overdue is not known; its log says more"
    assert auditor.problems == [words]
    assert control.heard == [{"alarm": "audit_failed", "worker": "w1", "text": words}]
    assert counts.alarms == ["audit"]
    is_broken = False
    asyncio.run(auditor.audit_once())
    assert auditor.problems == []
