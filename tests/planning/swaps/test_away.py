"""An absence is stored with the schedule, and its shifts are covered with the fewest seats changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import NotFound, Refused, ScheduleMoved
from oncall.planning.plans.make_plan import make_plan
from oncall.planning.published.change_rules import broken_rules, roster_in_force
from oncall.planning.published.override_shift import override_shift
from oncall.planning.published.publish_plan import check_for_publication
from oncall.planning.published.schedule_version import Author
from oncall.planning.published.undo_version import undo_version
from oncall.planning.sources.context_sources import ContextSources, NamedPlan
from oncall.planning.sources.watch import PlanningWatch, SearchOptions
from oncall.planning.swaps.ask_to_swap import SwapAsked, list_takers
from oncall.planning.swaps.away import AwayAsked, AwayMade, enter_away, plan_away, read_for_away
from oncall.planning.swaps.swap_answers import accept_swap, decline_swap, listed_swaps
from oncall.rosters.roster import Roster
from oncall.rotation.check.checker import check_plan
from oncall.schedule.absent_on_call import absent_by_entry
from oncall.schedule.plan import Plan, Seat
from oncall.schedule.swap_requests import SwapState
from tests.planning.conftest import Told, in_turn, roster_of
from tests.planning.swaps.conftest import MONDAY, NOW, PEOPLE, TIMES, SwapMemory, answers, by

FIRST_WEEK = AwayAsked("ana", MONDAY, MONDAY + timedelta(days=6))
BOTH_WEEKS = AwayAsked("ana", MONDAY, MONDAY + timedelta(days=13))


def away(desk: SwapMemory, asked: AwayAsked = FIRST_WEEK, *, is_agreed: bool = True) -> AwayMade:
    return mark_away(desk, asked, by("mei", reason="ill"), is_agreed=is_agreed)


def mark_away(desk: SwapMemory, asked: AwayAsked, author: Author, *, is_agreed: bool) -> AwayMade:
    plan = plan_away(read_for_away(desk, asked, author), author.at)
    return enter_away(desk, plan, author, replace(TIMES, real_now=author.at), is_agreed=is_agreed)


def test_agreed_covers_come_with_the_absence_in_one_version(desk: SwapMemory) -> None:
    made = away(desk, BOTH_WEEKS)
    assert len(made.covers.moves) == 2
    assert (made.covers.is_fewest, made.requests, len(desk.versions)) == (True, (), 2)
    schedule = desk.schedule()
    assert [note.kind for note in schedule.log] == ["publication", "away"]
    assert not schedule.assignments_of("ana", NOW, NOW + timedelta(days=30))
    (stored,) = schedule.absences
    assert (stored.engineer, stored.first_day, stored.last_day, stored.reason) == (
        "ana",
        MONDAY,
        date(2027, 1, 17),
        "ill",
    )


def test_without_agreement_each_taker_is_asked_and_the_absence_is_stored(desk: SwapMemory) -> None:
    made = away(desk, is_agreed=False)
    (request,) = made.requests
    assert (request.engineer, request.absence) == ("ana", 2)
    assert desk.texts()[0] == (
        request.other,
        "Reply YES 7AAC to cover Ana, who is away: primary Mon 4 Jan 19:01-08:00 EST; or NO 7AAC.",
    )
    assert len(desk.schedule().absences) == 1
    assert desk.schedule().assignments_of("ana", NOW, NOW + timedelta(days=7))
    done, _ = accept_swap(desk, "7AAC", answers(request.other), TIMES)
    assert (done.state, done.version) == (SwapState.ACCEPTED, 3)
    assert [note.kind for note in desk.schedule().log] == ["publication", "away", "away"]
    assert not desk.schedule().assignments_of("ana", NOW, NOW + timedelta(days=7))


def test_the_same_absence_again_asks_nobody_twice(desk: SwapMemory) -> None:
    (request,) = away(desk, is_agreed=False).requests
    texts = len(desk.texts())
    with pytest.raises(Refused) as refused:
        away(desk, is_agreed=False)
    assert str(refused.value) == (
        f"ana is away from 2027-01-04 to 2027-01-10 already (version 2), and {request.other} has not answered request "
        f"{request.code}; `oncall undo 2` takes the absence back"
    )
    assert (len(desk.versions), len(desk.texts())) == (2, texts)
    decline_swap(desk, request.code, answers(request.other), TIMES)
    assert away(desk, is_agreed=False).requests[0].absence == 3


def test_an_absence_without_cover_is_named_until_the_covers_are_accepted(desk: SwapMemory) -> None:
    (request,) = away(desk, is_agreed=False).requests
    assert absent_by_entry(desk.schedule(), NOW) == [
        "ana is away from 2027-01-04 to 2027-01-10 (version 2), but is on call as primary from Mon 2027-01-04 "
        "19:01 EST; `oncall swaps` shows who was asked to cover"
    ]
    accept_swap(desk, request.code, answers(request.other), TIMES)
    assert absent_by_entry(desk.schedule(), NOW) == []


def test_a_declined_cover_tells_the_absent_engineer(desk: SwapMemory) -> None:
    (request,) = away(desk, is_agreed=False).requests
    decline_swap(desk, request.code, answers(request.other), TIMES)
    to, body = desk.texts()[-1]
    assert (to, body.startswith("Ask another engineer: ")) == ("ana", True)


def test_an_absence_without_shifts_needs_no_cover(desk: SwapMemory) -> None:
    made = away(desk, AwayAsked("ana", date(2027, 1, 6), date(2027, 1, 8)))
    assert made.covers.moves == ()
    assert len(desk.schedule().absences) == 1


def test_a_shift_that_ends_on_the_first_day_is_covered_too(desk: SwapMemory) -> None:
    made = away(desk, AwayAsked("ana", date(2027, 1, 5), date(2027, 1, 5)))
    assert [move.window.start for move in made.covers.moves] == [datetime(2027, 1, 5, 0, 1, tzinfo=UTC)]


def test_a_shift_that_has_begun_is_covered_from_now_on(desk: SwapMemory) -> None:
    now = datetime(2027, 1, 5, 3, tzinfo=UTC)
    asked = AwayAsked("ana", MONDAY, MONDAY)
    made = mark_away(desk, asked, by("mei", now, "ill"), is_agreed=True)
    assert [move.window.start for move in made.covers.moves] == [now]
    before = desk.schedule().who(now - timedelta(minutes=1)).roles["primary"].engineer
    assert (before, desk.schedule().who(now).roles["primary"].engineer != "ana") == ("ana", True)


def test_later_changes_see_the_absence(desk: SwapMemory) -> None:
    away(desk, AwayAsked("gus", MONDAY, MONDAY))
    why = {each.engineer: each.why for each in list_takers(desk, SwapAsked("ana", MONDAY), NOW)[1]}
    assert why["gus"] is not None
    assert why["gus"].startswith("unavailable: gus is away on 2027-01-04: ill")
    start, end = datetime(2027, 1, 5, 0, 1, tzinfo=UTC), datetime(2027, 1, 5, 13, tzinfo=UTC)
    with pytest.raises(Refused, match=r"gus is away on 2027-01-04: ill"):
        override_shift(desk, "gus", "primary", start=start, end=end, author=by("mei"))


def test_a_plan_that_ignores_the_absence_is_not_published(desk: SwapMemory, ten: Roster) -> None:
    away(desk)
    again = NamedPlan("plan.csv", in_turn(ten))
    with pytest.raises(
        Refused, match=r"unavailable: ana is on Mon 2027-01-04 \(weeknight\) but is away from 2027-01-04"
    ):
        check_for_publication(again, ten, desk.schedule())


def test_a_new_plan_leaves_the_absent_engineer_out(desk: SwapMemory, ten: Roster, told: Told) -> None:
    away(desk, AwayAsked("ana", date(2027, 1, 18), date(2027, 1, 24)))
    sources = ContextSources(published=desk.schedule())
    made = make_plan(
        ten, date(2027, 1, 18), date(2027, 1, 24), sources, options=SearchOptions(), watch=PlanningWatch(told)
    )
    assert "ana" not in {seat.engineer for seat in made.plan.seats}
    assert "taken into account: ana is away from 2027-01-18 to 2027-01-24: ill" in told.sentences


def test_an_undo_takes_the_absence_and_its_covers_back(desk: SwapMemory) -> None:
    before = list(desk.schedule().assignments(NOW, NOW + timedelta(days=30)))
    away(desk)
    undo_version(desk, 2, by("mei"))
    assert desk.schedule().absences == ()
    assert list(desk.schedule().assignments(NOW, NOW + timedelta(days=30))) == before


@pytest.mark.parametrize(
    ("asked", "reason", "words"),
    [
        (
            AwayAsked("anna", MONDAY, MONDAY),
            "ill",
            'there is no engineer "anna" on the published roster; did you mean "ana"?',
        ),
        (
            AwayAsked("ana", date(2027, 1, 6), MONDAY),
            "ill",
            "the absence ends on 2027-01-04, before it begins on 2027-01-06",
        ),
        (
            AwayAsked("ana", date(2026, 12, 1), date(2026, 12, 5)),
            "ill",
            "the absence ended on 2026-12-05; an absence changes what is to come",
        ),
        (AwayAsked("ana", MONDAY, MONDAY), " ", "an absence needs a reason; write --reason TEXT"),
    ],
)
def test_an_absence_that_cannot_be_entered_is_refused(
    desk: SwapMemory, asked: AwayAsked, reason: str, words: str
) -> None:
    with pytest.raises((Refused, NotFound)) as refusal:
        mark_away(desk, asked, by("mei", reason=reason), is_agreed=True)
    assert (str(refusal.value), len(desk.versions)) == (words, 1)


def test_without_any_cover_the_rules_that_clash_are_named() -> None:
    three = roster_of(small("ana", "ben", "cai"))
    store = SwapMemory()
    store.publish(three, MONDAY, MONDAY + timedelta(days=1))
    away(store, AwayAsked("ben", MONDAY, MONDAY))
    away(store, AwayAsked("cai", MONDAY, MONDAY))
    with pytest.raises(Refused) as refusal:
        away(store, AwayAsked("ana", MONDAY, MONDAY))
    assert str(refusal.value) == (
        "no cover is possible for ana; nothing was changed\n"
        "  no plan is possible: 1 shift has fewer people than roles\n"
        "  Mon 2027-01-04 (weeknight): nobody can be primary (ana, ben and cai are away on 2027-01-04 (ill))\n"
        "  with nobody away, 1 of the 3 people are enough; with the days off as they are, the team needs 1 more who "
        "takes every role and is never away\n"
        "to put another engineer on in spite of a rule: "
        "oncall override ENGINEER --role ROLE --from TIME --to TIME --reason TEXT --force"
    )


def test_covers_of_another_schedule_are_not_entered(desk: SwapMemory) -> None:
    author = by("mei", reason="ill")
    plan = plan_away(read_for_away(desk, FIRST_WEEK, author), NOW)
    away(desk, AwayAsked("ben", MONDAY, MONDAY))
    with pytest.raises(
        ScheduleMoved, match=r"^the schedule has changed since you read version 1: version 2 \(away by mei"
    ):
        enter_away(desk, plan, author, TIMES, is_agreed=True)


def small(*people: str, rest: int = 0) -> str:
    lines = (f'  - {{id: {name}, name: {name}, phone: "+130555501{PEOPLE.index(name):02d}"}}' for name in people)
    rules = f"rotation: {{rest_nights: {rest}, weekends_apart: 1, roles: [primary]}}"
    return f"team: night-owls\ntimezone: America/New_York\n{rules}\nengineers:\n" + "\n".join(lines) + "\n"


def fewest_by_brute_force(plan: Plan, roster: Roster) -> int | None:
    """The fewest seats that another engineer gets in any plan that keeps the rules."""
    people = [engineer.id for engineer in roster.engineers]
    best: int | None = None
    for choice in product(people, repeat=len(plan.seats)):
        changed = sum(1 for seat, who in zip(plan.seats, choice, strict=True) if seat.engineer != who)
        if best is not None and changed >= best:
            continue
        seats = tuple(Seat(s.window, s.kind, s.role, who) for s, who in zip(plan.seats, choice, strict=True))
        if not check_plan(replace(plan, seats=seats), roster):
            best = changed
    return best


@given(
    order=st.permutations(("ana", "ben", "cai", "dee")),
    rest=st.integers(0, 1),
    first=st.integers(0, 3),
    length=st.integers(0, 2),
)
@settings(max_examples=12, deadline=None)
def test_no_plan_changes_fewer_seats(order: list[str], rest: int, first: int, length: int) -> None:
    roster = roster_of(small(*order, rest=rest))
    store = SwapMemory()
    store.publish(roster, MONDAY, MONDAY + timedelta(days=3))
    begins = MONDAY + timedelta(days=first)
    asked = AwayAsked("ana", begins, begins + timedelta(days=length))
    plan = replace(in_turn(roster, MONDAY, MONDAY + timedelta(days=3)), first_day=MONDAY)
    text = roster.text.replace("name: ana,", f"name: ana, unavailable: [{{from: {begins}, to: {asked.last_day}}}],")
    expected = fewest_by_brute_force(plan, roster_of(text))
    if expected is None:
        with pytest.raises(Refused, match=r"^no cover is possible for ana"):
            away(store, asked)
        return
    made = away(store, asked)
    assert (len(made.covers.moves), made.covers.is_fewest) == (expected, True)
    schedule, published = store.schedule(), roster_in_force(store)
    assert not broken_rules(made.version.before, schedule, made.version.span, published)


def test_covers_that_depend_on_each_other_hold_when_all_have_agreed() -> None:
    """Only cai can take ana's Tuesday, and with one night of rest only if ana takes cai's Wednesday."""
    roster = roster_of(small("ben", "cai", "ana", rest=1))
    store = SwapMemory()
    store.publish(roster, MONDAY, MONDAY + timedelta(days=2))
    made = away(store, AwayAsked("ana", MONDAY + timedelta(days=1), MONDAY + timedelta(days=1)), is_agreed=False)
    first, second = made.requests
    assert {first.other, second.other} == {"ana", "cai"}
    done, version = accept_swap(store, first.code, answers(first.other), TIMES)
    assert (done.state, version) == (SwapState.AGREED, None)
    done, version = accept_swap(store, second.code, answers(second.other), TIMES)
    assert (done.state, version is not None) == (SwapState.ACCEPTED, True)
    assert [each.state for each in listed_swaps(store, NOW)] == [SwapState.ACCEPTED] * 2
    assert len(store.versions) == 3
