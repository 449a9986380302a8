"""Zendesk's events in every order: the ticket ends in the newest state, and a solved one pages nobody afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import permutations

import pytest

from oncall.intake.senders import SENDERS
from oncall.intake.take_in import take_in_all
from oncall.intake.zendesk import read_zendesk
from oncall.paging.domain.ticket import StoredTicket
from oncall.paging.ports.callers import CallerRole, Token
from tests.intake.test_zendesk import event
from tests.paging.world import SATURDAY_NIGHT, World

ORIGIN = SENDERS["zendesk"].origin(Token("zendesk", CallerRole.INTAKE, "", SATURDAY_NIGHT))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("order"))
    world.publish()
    yield world
    world.read_all()
    world.close()


def events(number: str) -> list[bytes]:
    """Four states of a ticket, the oldest first."""
    states = [("created", "LOW", "NEW"), ("priority_changed", "URGENT", "OPEN"), ("priority_changed", "HIGH", "OPEN")]
    found = [
        event(kind, id=number, priority=priority, status=status, updated_at=f"2027-01-09T08:0{minute}:00Z")
        for minute, (kind, priority, status) in enumerate(states)
    ]
    solved = {"id": number, "priority": "HIGH", "status": "SOLVED", "updated_at": "2027-01-09T08:09:00Z"}
    return [*found, event("status_changed", {"current": "SOLVED", "previous": "OPEN"}, **solved)]


def after(world: World, bodies: Sequence[bytes], number: str) -> StoredTicket | None:
    for body in bodies:
        context = world.engine().context("zendesk")
        signals = read_zendesk(body).signals
        _, faults = world.store.write(partial(take_in_all, signals=signals, origin=ORIGIN, context=context))
        assert faults == []
    return world.store.read(lambda tx: tx.ticket(f"zd-{number}"))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_newest_priority_counts_in_every_order(world: World, order: tuple[int, ...]) -> None:
    number = "1" + "".join(map(str, order))
    found = after(world, [events(number)[index] for index in order], number)
    assert found is not None
    assert found.impact == "high"


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_solved_ticket_is_over_in_every_order(world: World, order: tuple[int, ...]) -> None:
    number = "2" + "".join(map(str, order))
    found = after(world, [events(number)[index] for index in order], number)
    assert found is None or found.status.value == "resolved"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_ticket_that_is_opened_again_is_open_in_every_order(world: World, order: tuple[int, ...]) -> None:
    number = "3" + "".join(map(str, order))
    created, _, _, solved = events(number)
    again = {"id": number, "priority": "HIGH", "updated_at": "2027-01-09T08:12:00Z"}
    states = [created, solved, event("status_changed", {"current": "OPEN", "previous": "SOLVED"}, **again)]
    found = after(world, [states[index] for index in order], number)
    assert found is not None
    assert found.status.value != "resolved"
