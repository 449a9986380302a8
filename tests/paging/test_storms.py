"""A storm of tickets: urgent pages go at once, the others as one message to a phone; none is lost, doubled or stuck."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from doubles.twilio_account import segments
from oncall.errors import Ambiguous, Temporary
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.ports.channel import Receipt
from oncall.paging.watch.audit import audit
from tests.paging.mortals import Killed
from tests.paging.pagers import engine_with
from tests.paging.storm import MINUTE, SECOND, bodies, each_alone, high, limited, page_of, seen_by, waiting
from tests.paging.world import World


def test_a_storm_of_fifty_tickets_is_an_urgent_page_at_once_and_one_message_for_all_the_others(world: World) -> None:
    world.post("U-1")
    names = [f"T-{number}" for number in range(1, 50)]
    high(world, *names)
    urgent = world.expect_page("ana", containing="URGENT U-1 ")
    world.expect_silence()
    assert urgent.body.endswith(f"Reply ACK {world.code('U-1')}")
    world.advance(9 * SECOND)
    world.expect_silence()
    world.advance(SECOND)
    bundle = world.expect_page("ana", containing="HIGH T-1 Acme Ltd (BC): Sessions do not start. And 48 more: ")
    world.expect_silence()
    assert segments(bundle.body) == 1
    assert bundle.body.endswith(f"Reply ACK {world.code('T-1')}")
    pages = [page_of(world, name) for name in names]
    assert {(page.status, page.provider_id) for page in pages} == {(AttemptStatus.ACCEPTED, pages[0].provider_id)}
    assert {page.bundle for page in pages} == {pages[0].id}
    listed = re.search(r"And 48 more: ([^.]+)", bundle.body)
    assert listed is not None
    assert set(listed[1].split()) <= {world.code(name) for name in names[1:]}


def test_urgent_first_pages_that_each_go_alone_never_wait_however_many_there_are(world: World) -> None:
    each_alone(world)
    for number in range(40):
        world.post(f"U-{number}")
    world.run()
    assert len(seen_by(world, "ana")) == 40
    high(world, "T-1")
    world.expect_silence()
    world.post("U-40")
    world.run()
    world.expect_page("ana", containing="URGENT U-40 ")


def test_a_page_to_a_phone_that_rests_goes_at_once(world: World) -> None:
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    world.advance(10 * SECOND)
    high(world, "T-2")
    world.expect_page("ana", containing="T-2")


def test_urgent_pages_that_keep_coming_do_not_put_off_those_that_wait(world: World) -> None:
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    high(world, "T-2")
    for number in range(6):
        world.advance(5 * SECOND)
        world.post(f"U-{number}")
        world.run()
    assert sum("HIGH T-2" in body for body in seen_by(world, "ana")) == 1


# What nobody needs any more.


@pytest.mark.parametrize("kind", [EventKind.ACKNOWLEDGED, EventKind.RESOLVED])
def test_a_ticket_that_is_taken_or_solved_while_its_page_waits_is_left_out(world: World, kind: EventKind) -> None:
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    high(world, "T-2", "T-3")
    world.act(kind, "ben", "T-2")
    world.advance(10 * SECOND)
    message = world.expect_page("ana", containing="HIGH T-3 ")
    assert "more" not in message.body
    assert (page_of(world, "T-2").status, page_of(world, "T-2").error) == (AttemptStatus.FAILED, "no longer needed")


def test_whoever_passes_a_ticket_on_is_not_paged_for_it_by_what_still_waits(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.advance(5 * MINUTE - SECOND)
    high(world, "T-2")
    world.expect_page("ana", containing="T-2")
    world.advance(2 * SECOND)
    world.sms("ana", f"PASS {world.code('T-1')}")
    world.expect_page("ben", containing="T-1")
    assert page_of(world, "T-1", step=1).error == "no longer needed"
    world.advance(MINUTE)
    world.expect_silence()


@pytest.mark.parametrize("impact", ["urgent", "high"])
def test_whoever_passes_a_ticket_on_while_their_page_is_in_doubt_is_not_paged_for_it_again(
    world: World, impact: str
) -> None:
    world.phones.fail(Ambiguous("cut off"))
    world.post(impact=impact, plan="business-critical")
    world.run()
    assert page_of(world, "T-1").status is AttemptStatus.UNKNOWN
    world.sms("ana", f"PASS {world.code('T-1')}")
    world.expect_page("ben", containing="T-1")
    world.advance(MINUTE)
    world.expect_silence()
    page = page_of(world, "T-1")
    assert (page.status, page.error) == (AttemptStatus.FAILED, "no longer needed; cut off")


def test_of_one_ticket_only_the_page_of_its_latest_step_is_sent(world: World) -> None:
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    high(world, "T-2")
    world.clock.moment += 6 * MINUTE
    world.run()
    body = world.expect_page("ana").body
    assert " And 1 more: " in body
    assert (page_of(world, "T-2").status, page_of(world, "T-2").error) == (
        AttemptStatus.FAILED,
        "replaced by the page of a later step",
    )
    assert page_of(world, "T-2", step=1).status is AttemptStatus.ACCEPTED


# Outages and restarts.


@pytest.mark.slow
def test_after_an_outage_of_ten_minutes_each_person_gets_one_message(world: World) -> None:
    world.phones.fail(Temporary("no network"), times=100_000)
    for number in range(8):
        high(world, f"T-{number}")
        world.advance(75 * SECOND)
    world.expect_silence()
    world.phones.faults.clear()
    world.advance(25 * SECOND)
    sent = bodies(world)
    assert sorted(to for to, _ in sent) == sorted({to for to, _ in sent})
    assert {to for to, _ in sent} == {"ana", "ben"}
    # Of T-0 the step of ben is due by then, and ana's are over.
    assert [" And 6 more: " in body for to, body in sent if to == "ana"] == [True]
    world.read_all()


def test_urgent_first_pages_that_an_outage_held_up_go_alone_if_the_policy_says_so(world: World) -> None:
    each_alone(world)
    world.phones.fail(Temporary("no network"), times=100_000)
    high(world, "T-1", "T-2")
    world.post("U-1")
    world.post("U-2")
    world.advance(2 * MINUTE)
    world.phones.faults.clear()
    world.advance(MINUTE)
    told = seen_by(world, "ana")
    assert sorted(body.split()[1] for body in told if body.startswith("URGENT")) == ["U-1", "U-2"]
    assert not any("more" in body for body in told if body.startswith("URGENT"))
    assert sum(body.startswith("HIGH") and " And 1 more: " in body for body in told) == 1


def test_a_process_that_was_down_for_long_merges_what_became_due(world: World) -> None:
    each_alone(world)
    for name in ("T-1", "T-2", "T-3"):
        world.post(name, impact="high", plan="business-critical")
    world.post("U-1")
    world.clock.moment += 12 * MINUTE
    world.restart()
    told = seen_by(world, "ana")
    assert [body.split()[1] for body in told if body.startswith("URGENT")] == ["U-1"]
    world.advance(31 * SECOND)
    assert [body.split()[0] for body in seen_by(world, "ana")] in (["URGENT", "HIGH"], ["HIGH", "URGENT"])


def test_a_process_that_dies_between_composing_and_sending_loses_and_doubles_nothing(world: World) -> None:
    waiting(world)

    async def composed() -> None:
        """The pager's transaction is committed, and then the process dies."""
        engine = engine_with(world, Dead())
        with suppress(Killed):
            await engine.run_once()
            await engine.settle()

    asyncio.run(composed())
    assert {page_of(world, name).status for name in ("T-2", "T-3", "T-4")} == {AttemptStatus.SENDING}
    world.restart()
    assert {page_of(world, name).status for name in ("T-2", "T-3", "T-4")} == {AttemptStatus.UNKNOWN}
    world.advance(MINUTE)
    world.expect_page("ana", containing=" And 2 more: ")
    assert {page_of(world, name).status for name in ("T-2", "T-3", "T-4")} == {AttemptStatus.ACCEPTED}


class Dead:
    """A provider that the process did not reach before it died."""

    name = "dead"

    async def send(self, message: object) -> Receipt:
        raise asyncio.CancelledError

    async def find(self, message: object, **_: object) -> Receipt | None:
        raise asyncio.CancelledError

    async def status(self, provider_id: str) -> Receipt:
        raise asyncio.CancelledError

    async def close(self) -> None:
        return None


# The auditor.


def test_the_auditor_excuses_a_page_that_waits_for_its_turn_and_not_one_that_waits_beyond(tmp_path: Path) -> None:
    world = limited(tmp_path, "limits: {bundle_for: 3m}\n")
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    receipt = Receipt(str(page_of(world, "T-1").provider_id), AttemptStatus.DELIVERED)
    asyncio.run(world.engine().receive(receipt))
    high(world, "T-2")

    def overdue() -> list[str]:
        now = world.clock.now()
        return [late.ticket for late in world.store.read(lambda tx: audit(tx, now=now, real_now=now)).overdue]

    world.clock.moment += 170 * SECOND
    assert overdue() == []
    world.clock.moment += 71 * SECOND
    assert overdue() == ["T-2"]
    world.close()


def test_a_page_that_cannot_be_told_with_others_keeps_nobody_s_page_back(world: World, tmp_path: Path) -> None:
    each_alone(world)
    high(world, "T-1")
    world.expect_page("ana", containing="HIGH T-1 ")
    high(world, "T-2", "T-3")
    with sqlite3.connect(tmp_path / "world.db") as damaged:
        changed = damaged.execute("DELETE FROM events WHERE ticket = 'T-3' AND kind IN ('received', 'judged')").rowcount
    damaged.close()
    assert changed >= 1
    world.advance(10 * SECOND)
    world.post("U-1")
    world.run()
    told = seen_by(world, "ana")
    assert sorted(body.split()[1] for body in told) == ["T-1", "T-2", "T-3", "U-1"]
    assert {page_of(world, name).status for name in ("T-2", "T-3")} == {AttemptStatus.ACCEPTED}
