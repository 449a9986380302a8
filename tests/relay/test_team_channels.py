"""Team channels: what the team reads along, through apprise and on loopback."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from oncall.channels.team_channel import TeamChannelPost
from oncall.clock import SystemClock
from oncall.errors import DeliveryError
from oncall.paging.domain.reachability import Alert
from oncall.paging.ports.relay import RelayMessage
from oncall.support.policy_file import packaged_policy_text
from oncall.web.server.relay_metrics import RelayMetrics
from oncall.wiring.relay import Relay
from oncall.wiring.settings import Settings
from tests.paging.world import SATURDAY_NIGHT, World, at, ticket_body
from tests.relay.receivers import Got, Receiver
from tests.web.service import Service

NOW = datetime(2027, 1, 9, 8, 12, tzinfo=UTC)
MESSAGE = RelayMessage("msg_1", "channel:team", "breaches", "T-1", 1, "BREACH: T-1", NOW, NOW)
BUSINESS = at("2027-01-11 10:00")


def carried(url: str | None) -> DeliveryError | None:
    """Post the message once, and return why it was not accepted."""

    async def run() -> DeliveryError | None:
        post = TeamChannelPost(url, variable="ONCALL_CHANNEL_TEAM")
        try:
            await post.carry(MESSAGE, real_now=NOW)
        except DeliveryError as error:
            return error
        return None

    return asyncio.run(run())


def told(folder: Path, receiver: Receiver, about: str = "", now: datetime | None = None) -> Service:
    """Return a service whose team channel posts JSON to a receiver."""
    lines = f"\nchannels:\n  team: {{{about}}}\n"
    urls = {"TEAM": f"json://127.0.0.1:{receiver.port}/tok-en"}
    return Service(folder, policy_lines=lines, channel_urls=urls, now=now or SATURDAY_NIGHT)


def texts(requests: list[Got]) -> list[str]:
    return [json.loads(got.body)["message"] for got in requests]


def test_json_and_ntfy_get_the_words_with_a_title() -> None:
    with Receiver() as receiver:
        assert carried(f"json://127.0.0.1:{receiver.port}/") is None
        assert carried(f"ntfy://127.0.0.1:{receiver.port}/oncall") is None
        first, second = receiver.wait_for(2)
    sent = json.loads(first.body)
    assert (sent["title"], sent["message"]) == ("SLA breach", "BREACH: T-1")
    assert b"BREACH: T-1" in second.body


def test_a_channel_that_refuses_is_named_by_its_status_and_not_by_its_secret() -> None:
    with Receiver(lambda _: 500) as receiver:
        assert str(carried(f"json://user:tok-en@127.0.0.1:{receiver.port}/")) == "HTTP 500"


def test_a_channel_that_is_not_there_is_tried_again() -> None:
    with Receiver() as receiver:
        port = receiver.port
    assert str(carried(f"json://127.0.0.1:{port}/tok-en")) == "the channel did not accept it"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (None, "ONCALL_CHANNEL_TEAM is not set; set it to an apprise URL and restart"),
        ("nonsense", "ONCALL_CHANNEL_TEAM is not an apprise URL; see https://appriseit.com/services/"),
        ("nope://tok-en", "ONCALL_CHANNEL_TEAM is not an apprise URL; see https://appriseit.com/services/"),
    ],
)
def test_a_variable_without_a_usable_url_is_named(url: str | None, words: str) -> None:
    assert str(carried(url)) == words


def test_the_team_reads_which_tickets_come_to_the_desk(tmp_path: Path) -> None:
    with Receiver() as receiver, told(tmp_path, receiver, now=BUSINESS) as service:
        service.post(ticket_body(impact="high"), by="zendesk")
        (text,) = texts(receiver.wait_for(1))
    assert text.startswith("DESK: high ticket T-1 of Acme Ltd (standard): Sessions do not start. First reply due Mon ")


@contextmanager
def relayed(folder: Path, receiver: Receiver, about: str) -> Iterator[tuple[World, Relay]]:
    """Run a relay on a world whose policy has a team channel, which posts JSON to a receiver."""
    world = World(folder)
    world.publish(policy=f"{packaged_policy_text()}\nchannels:\n  team: {{about: [{about}]}}\n")
    settings = Settings(channel_urls={"TEAM": f"json://127.0.0.1:{receiver.port}/tok-en"})
    relay = Relay(settings, world.store, SystemClock(), RelayMetrics(CollectorRegistry()))
    relay.start()
    try:
        yield world, relay
    finally:
        relay.stop()
        world.store.close()


def test_the_team_reads_what_the_manager_is_told(tmp_path: Path) -> None:
    # The relay asks who the manager is now, and the published plan begins in 2027.
    with Receiver() as receiver, told(tmp_path, receiver, "about: [manager]") as service:
        for to in ("ana", "mei"):
            alert = Alert(f"a-{to}", f"test {to}", to, f"WARNING for {to}", datetime.now(UTC), None)
            service.store.write(partial(lambda alert, tx: tx.add_alert(alert), alert))
        assert texts(receiver.wait_for(1)) == ["WARNING for mei"]


def test_the_team_reads_each_alarm_and_its_end(tmp_path: Path) -> None:
    with Receiver() as receiver, relayed(tmp_path, receiver, "alarms") as (_, relay):
        relay.alarm({"alarm": "audit_overdue", "worker": "w1", "text": "T-1: a page is overdue"})
        relay.alarm({"alarm": "audit_clear", "worker": "w1"})
        assert sorted(texts(receiver.wait_for(2))) == [
            "audit_clear on w1: it is over",
            "audit_overdue on w1: T-1: a page is overdue",
        ]


def test_an_alarm_about_the_database_goes_out_although_it_cannot_be_written(tmp_path: Path) -> None:
    with Receiver() as receiver, relayed(tmp_path, receiver, "alarms") as (world, relay):
        relay.alarm({"alarm": "first", "worker": "w1", "text": "written"})
        receiver.wait_for(1)
        world.store.close()
        relay.alarm({"alarm": "audit_blind", "worker": "w1", "text": "the database could not be read for 40 s"})
        assert texts(receiver.wait_for(2))[1] == "audit_blind on w1: the database could not be read for 40 s"


def test_a_channel_that_is_about_something_else_is_left_in_peace(tmp_path: Path) -> None:
    with Receiver() as receiver, relayed(tmp_path, receiver, "breaches, alarms") as (world, relay):
        world.post("T-1", impact="high")
        relay.alarm({"alarm": "audit_overdue", "worker": "w1", "text": "late"})
        assert texts(receiver.wait_for(1)) == ["audit_overdue on w1: late"]


def test_apprise_is_not_imported_before_the_first_message() -> None:
    code = "import sys, oncall.wiring.web_service; assert 'apprise' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
