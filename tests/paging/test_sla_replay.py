"""The log alone gives the same clocks years later, after another policy, and on every surface."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from oncall.errors import Refused
from oncall.paging.clocks.clock_book import clocks
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.verdict import Question, verdict
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.store import Transaction
from oncall.paging.views.ticket_views import explain_view, listing_view, stored_whole_view
from oncall.support.clocks import SlaState
from oncall.support.policy_file import packaged_policy_text
from tests.paging.world import World, at

KINDS = (
    EventKind.ACKNOWLEDGED,
    EventKind.REPLIED,
    EventKind.CUSTOMER_REPLIED,
    EventKind.UPDATED,
    EventKind.WAITING,
    EventKind.RESOLVED,
    EventKind.REOPENED,
    EventKind.IMPACT_CHANGED,
)
IMPACTS = ("urgent", "high", "normal", "low")
PLANS = ("standard", "business-critical")


@pytest.fixture
def loud(tmp_path: Path) -> Iterator[World]:
    """A world that does not check messages."""
    world = World(tmp_path)
    world.publish()
    yield world
    world.store.close()


def clocks_at(world: World, now: datetime, ticket_id: str) -> SlaState:
    def work(tx: Transaction) -> SlaState:
        stored = tx.ticket(ticket_id)
        assert stored is not None
        return clocks(tx, stored.ticket, tx.events(ticket_id), now)

    return world.store.read(work)


def other_policy() -> str:
    """A policy with other targets and without 24x5; tickets of the first policy must not follow it."""
    text = packaged_policy_text()
    for old, new in (("60m calendar", "300m calendar"), ("45m calendar", "290m calendar"), ("24x5", "24x7")):
        text = text.replace(f"{old}", new)
    text = text.replace("next_reply: 2h calendar", "next_reply: 9h calendar")
    return text.replace("faster_than: standard", "faster_than:")


def live(world: World, random: Random, ticket_id: str, actions: int) -> None:
    """Play a random life of one ticket, with passes of the engine in between."""
    world.post(ticket_id, impact=random.choice(IMPACTS), plan=random.choice(PLANS))
    for _ in range(actions):
        world.clock.moment += timedelta(minutes=random.choice((0, 3, 40, 200)))
        kind = random.choice(KINDS)
        impact = random.choice(IMPACTS) if kind is EventKind.IMPACT_CHANGED else ""
        try:
            world.act(kind, random.choice(("ana", "ben", "zendesk")), ticket_id, impact=impact)
        except Refused:
            continue


def test_the_log_gives_the_same_clocks_years_later_and_after_the_policy_has_changed(loud: World) -> None:
    random = Random(3)
    loud.clock.moment = at("2027-01-11 15:00")
    for number in range(12):
        live(loud, random, f"T-{number}", 6)
    looked = loud.clock.moment
    before = [clocks_at(loud, looked, f"T-{number}") for number in range(12)]
    loud.publish(policy=other_policy())
    loud.clock.moment = at("2027-03-01 10:00")
    loud.post("T-new")
    loud.restart()
    after = [clocks_at(loud, looked, f"T-{number}") for number in range(12)]
    assert after == before
    (new,) = clocks_at(loud, loud.clock.moment, "T-new").clocks
    assert (new.target.within, new.policy_version) == (timedelta(hours=5), 2)


def test_a_ticket_held_over_a_change_of_policy_counts_by_the_new_one_from_its_release(loud: World) -> None:
    loud.post(impact="high")
    loud.publish(policy=packaged_policy_text().replace("first_reply: 4h coverage", "first_reply: 3h coverage"))
    loud.advance(at("2027-01-11 00:00") - loud.clock.moment)
    (clock,) = clocks_at(loud, loud.clock.moment, "T-1").clocks
    assert clock.due_at == at("2027-01-11 03:00") == loud.ticket().first_reply_due
    assert clock.policy_version == 2


@pytest.mark.slow
def test_every_surface_gives_one_verdict_over_random_tickets_and_instants(loud: World) -> None:
    random = Random(5)
    for number in range(60):
        loud.clock.moment = at("2027-01-05 00:00") + timedelta(minutes=random.randrange(60 * 24 * 60))
        plan, impact, name = random.choice(PLANS), random.choice(IMPACTS), f"T-{number}"
        now = loud.clock.moment

        def asked(tx: Transaction, plan: str = plan, impact: str = impact, now: datetime = now) -> tuple[Any, Any]:
            policy, schedule = tx.policy(), tx.schedule()
            direct = verdict(Question(plan, impact), policy, schedule, now).as_json(policy.zone)
            return direct, explain_view(plan, impact, policy, schedule, now)

        direct, explained = loud.store.read(asked)
        posted = loud.post(name, plan=plan, impact=impact).answer["verdict"]
        whole, listed = loud.store.read(partial(_surfaces, name=name, now=now))
        timeline = next(event for event in whole["events"] if event["kind"] == "judged")["details"]
        assert posted == direct == whole["verdict"] == listed["verdict"]
        assert {key: explained[key] for key in direct} == direct
        assert (timeline["action"], timeline.get("engineer")) == (direct["action"], direct.get("engineer"))
        due = datetime.fromisoformat(direct["first_reply_due"])
        assert datetime.fromisoformat(timeline["first_reply_due"]) == due == loud.ticket(name).first_reply_due
        for view in (whole, listed):
            (clock,) = view["clocks"]
            assert (clock["metric"], datetime.fromisoformat(clock["due_at"])) == ("first_reply", due)


def _surfaces(tx: Transaction, *, name: str, now: datetime) -> tuple[Any, Any]:
    stored = tx.ticket(name)
    assert stored is not None
    listing = listing_view(tx, TicketFilter(limit=1000), now)["tickets"]
    return stored_whole_view(tx, stored, now), next(view for view in listing if view["id"] == name)


@pytest.mark.slow
def test_the_pager_s_row_and_the_clocks_agree_on_the_first_reply_through_a_random_life(loud: World) -> None:
    random = Random(8)
    loud.clock.moment = at("2027-01-09 01:00")
    for number in range(25):
        name = f"T-{number}"
        live(loud, random, name, 5)
        if loud.ticket(name).status.value == "open":
            state = clocks_at(loud, loud.clock.moment, name)
            first = state.first_reply()
            assert first is not None
            assert loud.ticket(name).first_reply_due == first.due_at, name


@pytest.mark.slow
def test_a_policy_published_in_the_middle_of_clocks_and_merges_is_replayed_alike_years_later(loud: World) -> None:
    random = Random(12)
    loud.clock.moment = at("2027-03-11 15:00")
    names = [f"T-{number}" for number in range(14)]
    for name in names:
        live(loud, random, name, 3)
    loud.publish(policy=other_policy())
    for name in names:
        go_on(loud, random, name, 3)
    merged = [name for name in names[1:] if merges(loud, name, random.choice(names))]
    loud.publish()
    for name in names:
        go_on(loud, random, name, 3)
    looked = loud.clock.moment
    before = {name: clocks_at(loud, looked, name) for name in names}
    assert len(merged) >= 4
    assert sum(clock.is_moved for state in before.values() for clock in state.clocks) >= 2
    loud.publish(policy=other_policy())
    loud.clock.moment = at("2031-06-01 10:00")
    loud.run()
    loud.restart()
    assert {name: clocks_at(loud, looked, name) for name in names} == before


def go_on(world: World, random: Random, name: str, actions: int) -> None:
    """Continue a random life."""
    for _ in range(actions):
        world.clock.moment += timedelta(minutes=random.choice((0, 3, 40, 200)))
        kind = random.choice(KINDS)
        impact = random.choice(IMPACTS) if kind is EventKind.IMPACT_CHANGED else ""
        with suppress(Refused):
            world.act(kind, random.choice(("ana", "ben", "zendesk")), name, impact=impact)


def merges(world: World, name: str, into: str) -> bool:
    """Merge the ticket; return True if that was possible."""
    with suppress(Refused):
        return world.act(EventKind.MERGED, "ana", name, into=into).changed
    return False
