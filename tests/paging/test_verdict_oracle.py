"""The verdict agrees with a brute-force oracle, minute by minute, in random cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from oncall.paging.domain.decide import preview
from oncall.paging.domain.verdict import Question, verdict
from oncall.schedule.plan import Seat
from oncall.schedule.schedule import Schedule
from oncall.schedule.versions import Override, Person, Publication
from oncall.support.policy import ChannelName, EscalationStep, Notify, Policy
from oncall.support.windows import Window, WindowKind
from tests.support.sla_oracle import Book, Clock, first_covered, utc
from tests.support.sla_scenes import IMPACTS, LENGTH, Scene, scenes

SCENES, CASES = 20, 100
SEEDS = (11, 12)
PEOPLE = ("ana", "ben", "cho", "dev")

Turn = tuple[int, int, str, str]
"""Start and end minute, role, who."""

STEPS = ((0, "primary"), (5, "primary"), (10, "secondary"), (20, "manager"))
"""Minutes after the round began, and whom."""
DESK_AFTER = 15


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_every_random_ticket_is_paged_left_to_the_desk_or_held_as_the_oracle_says(seed: int) -> None:
    random = Random(seed)
    for scene in scenes(random, SCENES):
        turns, overrides, has_manager = _turns(random), _overrides(random), random.random() < 0.5
        schedule = _schedule(scene, turns, overrides, has_manager=has_manager)
        policy = _with_steps(scene)
        for _ in range(CASES):
            minute, impact = random.randrange(4 * 1440, LENGTH - 12 * 1440), random.choice(IMPACTS)
            at = utc(scene.start, minute)
            assert at is not None
            ours = verdict(Question("std", impact), policy, schedule, at)
            found = (ours.action.value, ours.engineer, ours.hold_until, ours.first_reply_due)
            assert found == _theirs(scene, minute, impact, turns + overrides, has_manager), (scene.start, minute)
            steps = [
                (step.at, str(step.notify), step.engineer) for step in preview("std", impact, policy, schedule, at)
            ]
            theirs = [
                (utc(scene.start, when), *rest)
                for when, *rest in _steps(scene.books[0], minute, impact, turns + overrides, has_manager)
            ]
            assert steps == theirs, (scene.start, minute, impact)


def _steps(
    book: Book, minute: int, impact: str, turns: list[Turn], has_manager: bool
) -> Iterator[tuple[int, str, str | None]]:
    """Return when each unanswered step fires and whom it reaches: the desk first in business hours, then the engineers.

    A step without a reachable person gives way to the next at once.
    """
    rule = book.rules[impact]
    at = first_covered(book.rows[rule.coverage], minute)
    if book.rows["business"][at] or not rule.pages:
        yield at, "desk", None
        at += DESK_AFTER
    if not rule.pages:
        return
    for number, (delay, notify) in enumerate(STEPS):
        holders = {role: who for first, last, role, who in turns if first <= _asked(book, at) < last}
        person = ("mei" if has_manager else None) if notify == "manager" else holders.get(notify)
        if notify == "secondary" and person == holders.get("primary"):
            person = None
        if person is not None:
            yield at, notify, person
            at += STEPS[number + 1][0] - delay if number + 1 < len(STEPS) else 0


def _asked(book: Book, minute: int) -> int:
    """Return the minute whose shift responds: in business hours, the last on-call minute before them."""
    while minute > 0 and book.rows["business"][minute]:
        minute -= 1
    return minute


def _theirs(
    scene: Scene, minute: int, impact: str, turns: list[Turn], has_manager: bool
) -> tuple[str, str | None, datetime | None, datetime | None]:
    """Return the oracle's action, first person, hold end and first-reply deadline, by counting minutes."""
    book = scene.books[0]
    rule = book.rules[impact]
    covered = book.rows[rule.coverage]
    start = first_covered(covered, minute)
    due = utc(scene.start, _due(book, impact, start))
    if start != minute:
        return "hold", None, utc(scene.start, start), due
    if book.rows["business"][minute] or not rule.pages:
        return "desk", None, None, due
    holders = {role: who for first, last, role, who in turns if first <= minute < last}
    engineer = holders.get("primary") or holders.get("secondary") or ("mei" if has_manager else None)
    return "page", engineer, None, due


def _due(book: Book, impact: str, start: int) -> int | None:
    return Clock("first_reply", start, book, impact, start, [[start, None]]).due()


def _turns(random: Random) -> list[Turn]:
    """Draw assignments of half a day each, with gaps."""
    return [
        (begin, begin + 720, role, random.choice(PEOPLE))
        for begin in range(0, LENGTH, 720)
        for role in ("primary", "secondary")
        if random.random() < 0.85
    ]


def _overrides(random: Random) -> list[Turn]:
    return [
        (begin, begin + random.randrange(1, 600), random.choice(("primary", "secondary")), random.choice(PEOPLE))
        for begin in (random.randrange(LENGTH - 600) for _ in range(6))
    ]


def _schedule(scene: Scene, turns: list[Turn], overrides: list[Turn], *, has_manager: bool) -> Schedule:
    zone = ZoneInfo("UTC")
    people = {name: Person(name, name.capitalize(), f"+1305555010{n}", zone) for n, name in enumerate(PEOPLE)}
    manager = Person("mei", "Mei", "+13055550199", zone) if has_manager else None
    calendar = scene.terms[0].calendar
    seats = tuple(
        Seat(_window(scene, first, last), WindowKind.WEEKNIGHT, role, who) for first, last, role, who in turns
    )
    roles = ("primary", "secondary")
    whole = _window(scene, 0, LENGTH)
    published = Publication(1, scene.start, "mei", "test", "team", zone, roles, calendar, people, manager, whole, seats)
    later = tuple(
        Override(number, scene.start, "mei", "test", _window(scene, first, last), role, who)
        for number, (first, last, role, who) in enumerate(overrides, start=2)
    )
    return Schedule((published,), later, calendar)


def _window(scene: Scene, first: int, last: int) -> Window:
    start, end = ((scene.start + timedelta(minutes=minute)).astimezone(UTC) for minute in (first, last))
    return Window(start, end)


def _with_steps(scene: Scene) -> Policy:
    policy = scene.terms[0].policy
    steps = tuple(EscalationStep(Notify(whom), ChannelName.SMS, timedelta(minutes=delay)) for delay, whom in STEPS)
    return replace(policy, escalation=replace(policy.escalation, steps=steps))
