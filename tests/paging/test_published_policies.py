"""Published policies: the coverage days that they state, and old policies that `check` refuses today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from oncall.paging.domain.pager_events import StepFired
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.domain.verdict import Action, Question, verdict
from oncall.rosters.roster_file import read_roster
from oncall.support.policy_file import packaged_policy_text, policy_from_text
from tests.paging.world import ROSTER, World, at

SUNDAY_DESK = (
    packaged_policy_text()
    .replace("business_hours: mon-fri", "coverage_days: sun-thu\nbusiness_hours: sun-thu")
    .replace("weeknight: mon-thu", "weeknight: sun-wed")
    .replace("weekend: fri 19:01 - mon 07:59", "weekend: thu 19:01 - sun 07:59")
)
HIGH = Question("standard", "high")


@pytest.fixture
def sunday_world(tmp_path: Path) -> Iterator[World]:
    """The desk works Sunday to Thursday, and so does 24x5."""
    roster = replace(read_roster(ROSTER), policy=policy_from_text(SUNDAY_DESK, "p.yaml"))
    world = World(tmp_path, roster=roster)
    world.publish(policy=SUNDAY_DESK)
    yield world
    world.close()


def test_a_high_ticket_on_a_sunday_morning_goes_to_the_desk_that_is_open(sunday_world: World) -> None:
    policy, schedule = sunday_world.store.read(lambda tx: (tx.policy(), tx.schedule()))
    found = verdict(HIGH, policy, schedule, at("2027-01-10 09:00"))
    assert found.action is Action.DESK
    assert found.reasons[1] == "standard covers high from Sunday 00:00 to Thursday 24:00 (24x5)."


def test_a_high_ticket_on_a_friday_is_held_until_sunday(sunday_world: World) -> None:
    policy, schedule = sunday_world.store.read(lambda tx: (tx.policy(), tx.schedule()))
    found = verdict(HIGH, policy, schedule, at("2027-01-15 12:00"))
    assert (found.action, found.hold_until) == (Action.HOLD, at("2027-01-17 00:00"))


@pytest.mark.parametrize("channel", ["email", "desk"])
def test_a_published_step_by_a_channel_that_does_not_exist_pages_by_sms_and_says_so(world: World, channel: str) -> None:
    world.publish(policy=packaged_policy_text().replace("channel: sms", f"channel: {channel}"))
    world.post()
    world.run()
    world.expect_page("ana")
    page = world.attempts()[0]
    fired = world.logged(StepFired)[0]
    assert (page.channel, fired.channel) == ("sms", "sms")
    assert page.status is not AttemptStatus.QUEUED


@pytest.mark.parametrize("channel", ["email", "desk"])
def test_a_page_that_an_older_version_queued_by_such_a_channel_is_recorded_as_an_sms(
    world: World, channel: str
) -> None:
    world.post()
    queued = replace(world.attempts()[0], channel=channel)
    world.store.write(lambda tx: tx.update_attempt(queued))
    world.run()
    world.expect_page("ana")
    assert [(page.channel, page.status) for page in world.attempts()] == [("sms", AttemptStatus.ACCEPTED)]


def test_a_published_step_that_texts_the_desk_goes_to_its_queue_and_says_so(world: World) -> None:
    step = "{notify: primary, channel: sms, after: 5m}"
    world.publish(policy=packaged_policy_text().replace(step, "{notify: desk, channel: sms, after: 5m}"))
    world.post()
    world.run()
    world.expect_page("ana")
    world.clock.moment = at("2027-01-09 03:17")
    world.run()
    world.expect_silence()
    assert [(page.to, page.channel) for page in world.attempts()] == [("ana", "sms"), ("desk", "desk")]
