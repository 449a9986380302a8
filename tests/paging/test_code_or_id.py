"""A word that is one ticket's code and another's id does nothing until the sender says which is meant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oncall.errors import Conflict
from oncall.paging.actions.record_action import record_by_reference
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.actions.ticket_references import find_ticket
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import TicketStatus
from oncall.paging.outgoing.codes import spellings
from oncall.paging.ports.store import Transaction
from tests.paging.storm import SECOND, each_alone
from tests.paging.world import World


def clashing(world: World, spelt: str = "RK9") -> World:
    """T-1 has the code RK9; then a ticket comes in whose id is RK9. Both page ana."""
    each_alone(world).post("T-1")
    world.store.write(lambda tx: tx.update_ticket(replace(world.ticket("T-1"), code="RK9")))
    world.post(spelt)
    world.run()
    world.read_all()
    return world


def statuses(world: World, *names: str) -> list[TicketStatus]:
    return [world.ticket(name).status for name in names]


@pytest.mark.parametrize("word", ["RK9", "rk9", " Rk9 "])
@pytest.mark.parametrize("spelt", ["RK9", "rk9"])
def test_a_word_that_names_two_tickets_is_refused_and_both_are_named(world: World, word: str, spelt: str) -> None:
    clashing(world, spelt)
    with pytest.raises(Conflict) as refusal:
        world.find(word)
    assert str(refusal.value) == (
        f'"{word.strip()}" is the code of ticket T-1 and the id of ticket {spelt}; '
        f"write code=RK9 for T-1, or id={spelt} for the other"
    )


def test_each_ticket_has_a_name_of_its_own(world: World) -> None:
    clashing(world)
    for word in ("T-1", "code=RK9", "code=rk9"):
        assert world.find(word).ticket.id == "T-1"
    for word in ("id=RK9", world.code("RK9")):
        assert world.find(word).ticket.id == "RK9"


def test_an_action_on_such_a_word_changes_neither_ticket(world: World) -> None:
    clashing(world)
    action = TicketAction(EventKind.ACKNOWLEDGED, "ana", world.clock.now())
    with pytest.raises(Conflict):
        world.store.write(lambda tx: record_by_reference(tx, "RK9", action, world.engine().context("ana")))
    assert statuses(world, "T-1", "RK9") == [TicketStatus.OPEN, TicketStatus.OPEN]


@pytest.mark.parametrize("text", ["ACK RK9", "RK9", "rk9", "ack rk9 thanks"])
def test_a_reply_with_such_a_word_asks_which_ticket_is_meant(world: World, text: str) -> None:
    clashing(world)
    other = world.code("RK9")
    assert world.sms("ana", text) == (
        "NOT acknowledged: RK9 is the code of one ticket and the id of another; "
        f"send ACK {other} for RK9 or ACK T-1 for T-1."
    )
    assert statuses(world, "T-1", "RK9") == [TicketStatus.OPEN, TicketStatus.OPEN]
    assert world.sms("ana", f"ACK {other}").startswith("RK9 is yours.")
    world.read_all()
    assert statuses(world, "T-1", "RK9") == [TicketStatus.OPEN, TicketStatus.ACKNOWLEDGED]


def test_the_code_of_the_only_ticket_that_the_person_was_paged_for_takes_that_ticket(world: World) -> None:
    each_alone(world).post("T-1")
    world.store.write(lambda tx: tx.update_ticket(replace(world.ticket("T-1"), code="RK9")))
    world.run()
    world.read_all()
    world.post("RK9", impact="low")
    assert world.sms("ana", "ACK RK9") == "T-1 is yours."
    assert statuses(world, "T-1", "RK9") == [TicketStatus.ACKNOWLEDGED, TicketStatus.OPEN]


def test_a_resolved_ticket_does_not_get_in_the_way_of_a_code_in_a_reply(world: World) -> None:
    clashing(world)
    world.act(EventKind.RESOLVED, "ben", "RK9")
    world.read_all()
    assert world.sms("ana", "ACK RK9") == "T-1 is yours."


@pytest.mark.parametrize("spelt", ["RK9", "rk9", "Rk9"])
def test_no_code_is_given_out_that_is_a_ticket_s_id(world: World, spelt: str) -> None:
    world.post(spelt, impact="low")
    drawn = iter(["RK9", "RK9", "7K2"])
    assert world.store.write(lambda tx: tx.unused_code(lambda: next(drawn))) == "7K2"


def test_a_ticket_in_the_same_transaction_takes_its_id_out_of_the_codes_in_reserve(world: World) -> None:
    world.post("T-1", impact="low")
    stored = world.ticket("T-1")
    taken = replace(stored, ticket=replace(stored.ticket, id="rk9"), code="AA2")

    drawn = iter(["RK9", "7K2"])

    def work(tx: Transaction) -> str:
        tx.add_ticket(taken)
        return tx.unused_code(lambda: next(drawn))

    given = world.store.write(work)
    assert given == "7K2"


def test_a_reopened_ticket_gets_a_new_code_when_its_old_one_is_a_ticket_s_id_now(world: World) -> None:
    each_alone(world).post("T-1")
    world.store.write(lambda tx: tx.update_ticket(replace(world.ticket("T-1"), code="RK9")))
    world.act(EventKind.RESOLVED, "ben", "T-1")
    world.post("rk9", impact="low")
    world.act(EventKind.REOPENED, "ben", "T-1")
    world.read_all()
    assert world.code("T-1") != "RK9"
    assert world.find("RK9").ticket.id == "rk9"


def test_a_code_in_small_letters_still_finds_its_ticket(world: World) -> None:
    world.post("T-1", impact="low")
    code = world.code("T-1")
    assert world.store.read(lambda tx: find_ticket(tx, code.lower())).ticket.id == "T-1"
    assert code.lower() in spellings(code)
    world.advance(SECOND)
