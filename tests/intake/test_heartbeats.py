"""Heartbeats: a job that stops calling opens a ticket; it resolves when the job calls again. An outage of the pager
never accuses a job."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from oncall.intake.heartbeats import beat, create_heartbeat
from oncall.paging.domain.events import EventKind
from oncall.paging.ports.records import TicketFilter
from oncall.wiring.heartbeat_watch import HeartbeatWatch
from tests.cli.conftest import Oncall, oncall  # noqa: F401
from tests.intake.test_failures import said, terminal  # noqa: F401
from tests.paging.world import World
from tests.web.service import Service, problem


class Jobs:
    """A world with one job, `backup`, that calls every ten minutes, and a watch of its pager."""

    def __init__(self, world: World) -> None:
        self.world, self.engine = world, world.engine()
        self.watch = HeartbeatWatch(self.engine, world.clock, None)
        context = self.engine.context("mei")
        posted = {"name": "backup", "every": "10m", "grace": "5m", "impact": "low", "customer": "Acme Ltd"}
        world.store.write(lambda tx: create_heartbeat(tx, posted, context))

    def call(self) -> str | None:
        context = self.engine.context()
        return self.world.store.write(lambda tx: beat(tx, "backup", context))[2]

    def wait(self, minutes: float, *, watched: bool = True) -> None:
        """Let time pass; a watched minute has a look every ten seconds."""
        until = self.world.clock.now() + timedelta(minutes=minutes)
        while watched and self.world.clock.now() < until:
            self.world.clock.moment += timedelta(seconds=10)
            asyncio.run(self.watch.check())
        if not watched:
            self.world.clock.moment += timedelta(minutes=minutes)

    def look(self) -> None:
        asyncio.run(self.watch.check())

    @property
    def tickets(self) -> list[tuple[str, str]]:
        listed = self.world.store.read(lambda tx: tx.tickets(TicketFilter()))
        return sorted((one.ticket.id, one.status.value) for one in listed)


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    world = World(tmp_path)
    world.publish()
    yield Jobs(world)
    world.close()


def test_a_job_that_stops_calling_opens_one_ticket_and_its_next_call_resolves_it(jobs: Jobs) -> None:
    jobs.call()
    jobs.wait(14.5)
    assert jobs.tickets == []
    jobs.wait(10)
    assert jobs.tickets == [("hb-backup", "open")]
    assert jobs.call() == "hb-backup"
    assert jobs.tickets == [("hb-backup", "resolved")]
    jobs.wait(20)
    assert jobs.tickets == [("hb-backup", "resolved"), ("hb-backup.2", "open")]


def test_a_job_that_calls_in_time_opens_nothing(jobs: Jobs) -> None:
    for _ in range(5):
        jobs.call()
        jobs.wait(12)
    assert jobs.tickets == []


def test_a_job_that_has_never_called_is_silent_too(jobs: Jobs) -> None:
    jobs.wait(16)
    stored = jobs.world.store.read(lambda tx: tx.ticket("hb-backup"))
    assert stored is not None
    assert stored.ticket.subject == "backup has never called, expected every 10 min"
    assert (stored.ticket.customer, stored.ticket.impact) == ("Acme Ltd", "low")


def test_an_outage_of_the_pager_does_not_accuse_the_job(jobs: Jobs) -> None:
    jobs.call()
    jobs.wait(5)
    jobs.wait(60, watched=False)
    jobs.look()
    assert jobs.tickets == []
    jobs.wait(14)
    assert jobs.tickets == []
    jobs.wait(2)
    assert jobs.tickets == [("hb-backup", "open")]


def test_a_restart_counts_as_an_outage(jobs: Jobs) -> None:
    jobs.call()
    jobs.wait(5)
    last_beat = jobs.world.clock.real_now()
    jobs.wait(60, watched=False)
    jobs.watch = HeartbeatWatch(jobs.engine, jobs.world.clock, last_beat)
    jobs.look()
    assert jobs.tickets == []


def test_a_short_outage_long_before_a_call_is_expected_excuses_nothing(jobs: Jobs) -> None:
    jobs.call()
    jobs.wait(1)
    jobs.wait(2, watched=False)
    jobs.wait(12.5)
    assert jobs.tickets == [("hb-backup", "open")]


def test_a_ticket_that_a_person_resolved_is_not_opened_again_by_the_same_silence(jobs: Jobs) -> None:
    jobs.wait(16)
    jobs.world.act(EventKind.RESOLVED, "mei", "hb-backup")
    jobs.wait(30)
    assert jobs.tickets == [("hb-backup", "resolved")]
    assert jobs.call() is None


Calls = list[tuple[str, str, dict[str, Any]]]


def test_a_call_needs_a_token_in_a_header_a_password_or_the_path(shared: Service) -> None:
    shared.post({"name": "calls", "every": "1h"}, by="mei", path="/v1/heartbeats")
    bearer = {"headers": {"Authorization": "Bearer zendesk"}}
    good: Calls = [
        ("GET", "/heartbeat/calls", bearer),
        ("POST", "/heartbeat/calls", bearer),
        ("GET", "/heartbeat/calls", {"auth": ("job", "zendesk")}),
        ("GET", "/heartbeat/calls/zendesk", {}),
        ("POST", "/heartbeat/calls/zendesk", {"content": b"exit code 0"}),
    ]
    for method, path, more in good:
        answer = shared.http.request(method, path, **more)
        assert (answer.status_code, answer.json()["name"]) == (200, "calls"), (method, path)
    assert shared.http.get("/heartbeat/calls").status_code == 401
    assert shared.http.get("/heartbeat/calls/wrong").status_code == 401


def test_a_call_of_an_unknown_job_is_refused(shared: Service) -> None:
    answer = shared.call("GET", "/heartbeat/unknown", by="zendesk")
    problem(answer, 404, 'there is no heartbeat "unknown"; `oncall heartbeat create` makes one')


def test_heartbeats_are_made_listed_and_deleted(terminal: Oncall) -> None:  # noqa: F811
    made = said(terminal("heartbeat", "create", "nightly", "--every", "1d", "--grace", "1h", "--json"))
    assert (made["name"], made["every_seconds"], made["grace_seconds"]) == ("nightly", 86400, 3600)
    assert made["url"].endswith("/heartbeat/nightly")
    ran = terminal("heartbeat", "create", "nightly", "--every", "1d")
    assert (ran.code, ran.err) == (
        1,
        'oncall: there is a heartbeat "nightly" already; `oncall heartbeat delete` removes it\n',
    )
    listed = said(terminal("heartbeat", "list", "--json"))["heartbeats"]
    assert [one["state"] for one in listed if one["name"] == "nightly"] == ["waiting"]
    assert "nightly" in terminal("heartbeat", "list").out
    assert said(terminal("heartbeat", "delete", "nightly", "--json")) == {"name": "nightly", "deleted": True}
    ran = terminal("heartbeat", "delete", "nightly")
    assert (ran.code, ran.err) == (1, 'oncall: there is no heartbeat "nightly"; `oncall heartbeat list` shows them\n')


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("Backup", "--every", "1d"), "NAME: write 1 to 30 small letters, digits and dashes, like nightly-backup"),
        (("b", "--every", "soon"), "--every: write a length of time, like 90s, 10m, 2h or 1d"),
        (("b", "--every", "10s"), "--every: is out of range; write 1 min to 31 days"),
        (("b", "--every", "1h", "--grace", "8d"), "--grace: is out of range; write 0 min to 7 days"),
        (
            ("b", "--every", "1h", "--impact", "banana"),
            '--impact: "banana" is not an impact of the policy; write "urgent", "high", "normal" or "low"',
        ),
    ],
)
def test_a_wrong_heartbeat_is_refused(terminal: Oncall, options: tuple[str, ...], message: str) -> None:  # noqa: F811
    ran = terminal("heartbeat", "create", *options)
    assert (ran.code, ran.err) == (1, f"oncall: {message}\n")
    assert said(terminal("heartbeat", "list", "--json")) is not None
