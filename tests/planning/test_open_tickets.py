"""The open tickets that a board keeps between two looks equal those that a fresh look finds, whatever happened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oncall.errors import OncallError
from oncall.paging.domain.events import EventKind
from oncall.paging.ports.store import Transaction
from oncall.planning.views.open_tickets import OpenTickets, shown
from tests.paging.world import World

EXAMPLES = count()
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["post", "hold", "acknowledge", "reply", "resolve", "wait", "publish"]),
        st.integers(1, 3),
    ),
    max_size=10,
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    built = World(tmp_path_factory.mktemp("open"))
    built.publish()
    yield built
    built.store.close()


def looked(world: World, kept: OpenTickets) -> object:
    """Return what a board shows of the open tickets."""
    now = world.clock.now()

    def work(tx: Transaction) -> object:
        found = kept.look(tx, now)
        return [(each.is_held, each.deadline) for each in found], shown(tx, found, now)

    return world.store.read(work)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_a_kept_list_equals_a_new_one_after_whatever_happened(world: World, steps: list[tuple[str, int]]) -> None:
    kept, example = OpenTickets(), next(EXAMPLES)
    looked(world, kept)
    for step, number in steps:
        with suppress(OncallError):
            done(world, step, number, f"T-{example}-{number}")
        assert looked(world, kept) == looked(world, OpenTickets())


def done(world: World, step: str, number: int, name: str) -> None:
    """Let something happen, to the ticket of this name if it is there."""
    stored = world.store.read(lambda tx: tx.ticket(name))
    if step == "wait":
        world.clock.moment += timedelta(minutes=7 * number)
    elif step == "publish":
        world.publish({"primary": "ben", "secondary": "ana"} if number % 2 else None)
    elif step in ("post", "hold") and stored is None:
        world.post(name, impact="high" if step == "hold" else "urgent")
    elif stored is not None and step in ("acknowledge", "reply", "resolve"):
        kind = {
            "acknowledge": EventKind.ACKNOWLEDGED,
            "reply": EventKind.REPLIED,
            "resolve": EventKind.RESOLVED,
        }[step]
        world.act(kind, "ana", name)


def test_a_look_that_began_before_another_one_takes_nothing_back(tmp_path: Path) -> None:
    world, kept = World(tmp_path), OpenTickets()
    world.publish()
    world.post("T-1", impact="low")

    def both(tx: Transaction) -> tuple[int, int, int]:
        before = len(kept.look(tx, world.clock.now()))
        world.post("T-2", impact="low")
        newer = world.store.read(lambda other: len(kept.look(other, world.clock.now())))
        return before, newer, len(kept.look(tx, world.clock.now()))

    assert world.store.read(both) == (1, 2, 1)
    assert world.store.read(lambda tx: len(kept.look(tx, world.clock.now()))) == 2
    world.store.close()
