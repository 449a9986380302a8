"""Storms of tickets for one phone, and the messages that they cause."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from oncall.paging.domain.ticket import Attempt, Purpose
from oncall.support.policy_file import packaged_policy_text
from tests.paging.world import World

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
LIMITS = """\
limits:
  bundle_for: 10s
  per_phone: {most: 10, within: 60s}
  sender: {most: 10, within: 10s}
"""


ALONE = LIMITS + "  bundle_urgent_for: 0s\n"
"""Limits under which each urgent page goes at once and alone."""


def each_alone(world: World, *, roster: str = "") -> World:
    """Publish a policy that lets each urgent page go at once and alone."""
    world.publish(policy=packaged_policy_text().replace(LIMITS, ALONE), roster=roster)
    return world


def high(world: World, *names: str) -> None:
    """Tickets that are not urgent and page at every hour."""
    for name in names:
        world.post(name, impact="high", plan="business-critical")
    world.run()


def limited(folder: Path, limits: str, seats: dict[str, str] | None = None, *, url: str | None = None) -> World:
    world = World(folder, url=url)
    assert LIMITS in packaged_policy_text()
    world.publish(seats, policy=packaged_policy_text().replace(LIMITS, limits))
    return world


def page_of(world: World, ticket_id: str, *, step: int = 0) -> Attempt:
    return next(one for one in world.attempts(ticket_id) if one.purpose is Purpose.PAGE and one.step == step)


def bodies(world: World) -> list[tuple[str, str]]:
    return [(message.to, message.body) for message in world.phones.sent]


def seen_by(world: World, person: str) -> list[str]:
    """Return every message to this person, and mark all messages as expected."""
    world.read_all()
    return [message.body for message in world.phones.sent if message.to == person]


def waiting(world: World) -> World:
    """T-1 has paged ana; T-2, T-3 and T-4 are queued for her phone and go out in the next pass."""
    high(world, "T-1")
    world.expect_page("ana", containing="T-1")
    high(world, "T-2", "T-3", "T-4")
    world.clock.moment += 10 * SECOND
    return world


def post_apart(world: World, *ids: str) -> None:
    """Post urgent tickets, a minute apart, that page ana."""
    for ticket_id in ids:
        world.clock.moment += timedelta(minutes=1)
        world.post(ticket_id)
        world.run()
        world.expect_page("ana", containing=ticket_id)
