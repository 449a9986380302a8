"""After any sequence of changes, swaps, absences and undos, every surface names the same people on call."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import NotFound, OncallError, Refused
from oncall.planning.published.change_schedule import ChangeTerms
from oncall.planning.published.cover_shift import Cover, cover_shift
from oncall.planning.published.override_shift import override_shift
from oncall.planning.published.publish_plan import PublishablePlan, publish_plan
from oncall.planning.published.undo_version import undo_version
from oncall.planning.swaps.ask_to_swap import SwapAsked, ask_to_swap, swap_at_once
from oncall.planning.swaps.away import AwayAsked, enter_away, plan_away, read_for_away
from oncall.planning.swaps.moved_swaps import move_swaps
from oncall.planning.swaps.swap_answers import accept_swap, decline_swap, listed_swaps, withdraw_swap
from oncall.schedule.schedule import Schedule
from oncall.schedule.swap_requests import SwapState
from oncall.schedule.timeline import Assignment
from oncall.support.windows import WindowKind
from tests.planning.conftest import in_turn, roster_of
from tests.planning.surfaces import check_surfaces, holders
from tests.planning.swaps.conftest import MONDAY, NOW, PEOPLE, TEN, TIMES, SwapMemory, answers, by

BEGINS = datetime(2027, 1, 5, 3, tzinfo=UTC)
"""Monday night; the same hour of each later day is in a shift, too."""
END = NOW + timedelta(days=20)
FORCED = ChangeTerms(is_forced=True)
Step = tuple[str, int, int, int]
STEPS = st.tuples(
    st.sampled_from(["swap", "ask", "accept", "decline", "withdraw", "away", "override", "cover", "publish", "undo"]),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 13),
)


def ahead(schedule: Schedule) -> list[Assignment]:
    return list(schedule.assignments(NOW, END))


def step(desk: SwapMemory, what: str, one: int, two: int, day: int) -> None:
    """Carry out one step, if the rules of the program allow it."""
    taker, on = PEOPLE[two], MONDAY + timedelta(days=day)
    holders = list(desk.schedule().who(BEGINS + timedelta(days=day)).roles.values())
    giver = holders[one % len(holders)].engineer if holders else PEOPLE[one]
    swap = SwapAsked(giver, on, other=taker)
    listed = listed_swaps(desk, NOW)
    code = listed[day % len(listed)].code if listed else "7AAC"
    does: dict[str, Callable[[], object]] = {
        "swap": lambda: swap_at_once(desk, swap, by("mei"), FORCED),
        "ask": lambda: ask_to_swap(desk, swap, by(giver), FORCED, TIMES),
        "accept": lambda: accept_swap(desk, code, answers("mei", is_manager=True), TIMES),
        "decline": lambda: decline_swap(desk, code, answers("mei", is_manager=True), TIMES),
        "withdraw": lambda: withdraw_swap(desk, code, answers("mei", is_manager=True), TIMES),
        "away": lambda: away(desk, AwayAsked(giver, on, on + timedelta(days=two % 3)), is_agreed=one % 2 == 0),
        "override": lambda: override(desk, taker, day, hours=one + 1),
        "cover": lambda: cover_shift(desk, Cover(giver, taker, BEGINS + timedelta(days=day)), by("mei"), FORCED),
        "publish": lambda: publish(desk),
        "undo": lambda: undo_version(desk, desk.schedule().newest - two % 2, by("mei"), FORCED),
    }
    with suppress(Refused, NotFound):
        does[what]()


def away(desk: SwapMemory, asked: AwayAsked, *, is_agreed: bool) -> None:
    author = by("mei", reason="ill")
    plan = plan_away(read_for_away(desk, asked, author), NOW, time_limit=timedelta(seconds=2))
    enter_away(desk, plan, author, TIMES, is_agreed=is_agreed)


def override(desk: SwapMemory, engineer: str, day: int, *, hours: int) -> None:
    start = BEGINS + timedelta(days=day)
    end = start + timedelta(hours=hours)
    override_shift(desk, engineer, "primary", start=start, end=end, author=by("mei"), terms=FORCED)


def publish(desk: SwapMemory) -> None:
    roster = roster_of(TEN)
    made = publish_plan(desk, PublishablePlan(in_turn(roster), roster), by("mei"))
    move_swaps(desk, made, by("mei"), TIMES)


def check_cover(schedule: Schedule, at: datetime) -> None:
    """Nobody holds two roles at this minute, and every role of on-call time with a plan is held."""
    on_call = schedule.who(at)
    found = holders(schedule, at)
    assert len(set(found.values())) == len(found)
    is_published = any(plan.span.start <= at < plan.span.end for plan in schedule.publications)
    if on_call.window.kind is not WindowKind.BUSINESS and is_published:
        assert set(found) == {"primary", "secondary"}


@given(st.lists(STEPS, min_size=1, max_size=10), st.lists(st.integers(0, 19 * 24 * 60), min_size=4, max_size=4))
@settings(max_examples=30, deadline=None)
def test_every_surface_agrees_after_any_sequence(steps: list[Step], minutes: list[int]) -> None:
    desk = SwapMemory()
    desk.publish(roster_of(TEN))
    for what, one, two, day in steps:
        before = desk.schedule()
        step(desk, what, one, two, day)
        after = desk.schedule()
        if what in ("ask", "decline", "withdraw"):
            assert ahead(after) == ahead(before)
        if after.newest == before.newest + 1 and what != "undo":
            with suppress(OncallError):
                copy = SwapMemory()
                copy.versions = list(desk.versions)
                undo_version(copy, after.newest, by("mei"), FORCED)
                assert ahead(copy.schedule()) == ahead(before)
    schedule = desk.schedule()
    for minute in minutes:
        at = NOW.replace(hour=0) + timedelta(days=1, minutes=minute)
        check_surfaces(desk, at, PEOPLE)
        check_cover(schedule, at)
    for request in listed_swaps(desk, NOW):
        if request.state is SwapState.ACCEPTED:
            assert request.version is not None
            assert request.version <= schedule.newest
