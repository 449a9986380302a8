"""The machine's clock jumps an hour back or forward: no page is late, and no page goes out twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from doubles.clock import FakeClock
from doubles.event_loop import until
from oncall.clock import SystemClock
from oncall.errors import Temporary
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import AttemptStatus, Purpose
from oncall.paging.watch.audit import audit
from tests.paging.pagers import Gate, engine_with, take_in
from tests.paging.world import SATURDAY_NIGHT, World

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@dataclass
class Machine(FakeClock):
    """The clock of a process on a machine whose own clock, `moment`, can be set. Only the test moves time."""

    ticks: float = 0.0
    clock: SystemClock = field(init=False)

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Start a new process, which knows only the machine's present time."""
        self.clock = SystemClock(lambda: self.moment, lambda: self.ticks)

    def live(self, span: timedelta) -> None:
        self.moment += span
        self.ticks += span.total_seconds()

    def now(self) -> datetime:
        return self.clock.now()

    def real_now(self) -> datetime:
        return self.clock.real_now()

    def real_seconds_until(self, at: datetime) -> float:
        return self.clock.real_seconds_until(at)


@pytest.fixture
def machine() -> Machine:
    return Machine(SATURDAY_NIGHT)


@pytest.fixture
def world(tmp_path: Path, machine: Machine) -> Iterator[World]:
    """The usual world, on a machine whose clock can be set."""
    world = World(tmp_path)
    world.clock = machine
    world.publish()
    yield world
    world.close()


def live(world: World, machine: Machine, span: timedelta) -> None:
    """Run the engine every ten seconds."""
    for _ in range(int(span / (10 * SECOND))):
        machine.live(10 * SECOND)
        world.run()


# The clock itself.


def test_it_is_the_machine_s_clock(machine: Machine) -> None:
    machine.live(MINUTE)
    assert machine.now() == machine.real_now() == SATURDAY_NIGHT + MINUTE
    assert machine.real_seconds_until(machine.now() + HOUR) == 3600
    assert machine.real_seconds_until(SATURDAY_NIGHT) == 0


def test_it_follows_the_machine_forward_at_once(machine: Machine) -> None:
    machine.moment += HOUR
    assert machine.now() == SATURDAY_NIGHT + HOUR


def test_set_back_it_passes_half_as_fast_until_the_machine_has_caught_up(machine: Machine) -> None:
    machine.moment -= HOUR
    seen = []
    for _ in range(3):
        machine.live(HOUR)
        seen.append(machine.now() - SATURDAY_NIGHT)
    assert seen == [HOUR / 2, HOUR, 2 * HOUR]


def test_set_back_by_half_a_day_it_follows_the_machine(machine: Machine) -> None:
    machine.moment -= 12 * HOUR
    assert machine.now() == SATURDAY_NIGHT - 12 * HOUR


def test_a_new_process_is_not_earlier_than_the_last_one_was(machine: Machine) -> None:
    machine.moment -= HOUR
    machine.begin()
    machine.clock.begin_at(SATURDAY_NIGHT)
    assert machine.now() == SATURDAY_NIGHT
    machine.clock.begin_at(SATURDAY_NIGHT - HOUR)
    assert machine.now() == SATURDAY_NIGHT


def test_a_new_process_does_not_believe_a_last_one_that_was_days_ahead(machine: Machine) -> None:
    machine.clock.begin_at(SATURDAY_NIGHT + 48 * HOUR)
    assert machine.now() == SATURDAY_NIGHT


# The pager with it.


def test_an_hour_back_the_escalation_goes_on_within_twice_its_time(world: World, machine: Machine) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    machine.moment -= HOUR
    live(world, machine, 10 * MINUTE)
    world.expect_page("ana")
    live(world, machine, 10 * MINUTE)
    world.expect_page("ben")


def test_an_hour_back_a_retry_comes_within_seconds(world: World, machine: Machine) -> None:
    world.phones.fail(Temporary("the provider cannot be reached"))
    world.post()
    world.run()
    machine.moment -= HOUR
    live(world, machine, 10 * SECOND)
    world.expect_page("ana")


def test_an_hour_back_while_the_process_is_restarted_a_page_in_doubt_goes_out(world: World, machine: Machine) -> None:
    world.post()
    before = machine.now()
    machine.moment -= HOUR
    machine.begin()
    machine.clock.begin_at(before)
    world.restart()
    world.expect_page("ana")


def test_an_hour_forward_one_step_fires_and_no_volley_follows(world: World, machine: Machine) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    machine.moment += HOUR
    world.run()
    pages = [one for one in world.attempts() if one.purpose is Purpose.PAGE]
    assert [(page.to, page.step) for page in pages] == [("ana", 0), ("ana", 1)]
    assert world.events()[-1].kind is EventKind.BREACHED, "an hour is the time that was promised"
    world.expect_pages("ana", "mei")
    live(world, machine, 4 * MINUTE)
    world.expect_silence()


def test_an_hour_forward_while_a_page_is_on_the_wire_it_is_sent_once(world: World, machine: Machine) -> None:
    async def story() -> None:
        gate = Gate(world.phones)
        engine = engine_with(world, gate)
        await take_in(engine, "T-1")
        await until(lambda: gate.waiting == 1)
        machine.moment += HOUR
        await engine.run_once()
        gate.opened.set()
        await engine.settle()

    asyncio.run(story())
    world.run()
    pages = [one for one in world.attempts() if one.purpose is Purpose.PAGE]
    assert [(page.step, page.status) for page in pages] == [
        (0, AttemptStatus.ACCEPTED),
        (1, AttemptStatus.ACCEPTED),
    ]
    world.expect_pages("ana", "ana", "mei")


@pytest.mark.parametrize("jump", [-HOUR, HOUR])
def test_an_hour_back_or_forward_the_auditor_sees_nothing_overdue(
    world: World, machine: Machine, jump: timedelta
) -> None:
    world.phones.delivers = True
    world.post(impact="high", plan="business-critical")
    world.run()
    machine.moment += jump
    world.run()
    now = machine.now()
    assert world.store.read(lambda tx: audit(tx, now=now, real_now=now)).overdue == ()
    world.expect_pages(*[message.to for message in world.phones.sent])
