"""Shares start from totals: the load of all roles together is as even as the roles allow, then each role is split."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.rosters.roster import Roster, SharesRule
from oncall.rotation.check.checked_shares import CheckedShares
from oncall.rotation.check.second_opinion import second_opinion
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.fair_totals import fair_split
from oncall.rotation.problem.fairness import fairness_of_plan
from oncall.rotation.problem.share_notes import share_notes
from oncall.rotation.problem.shares import shares_of
from oncall.rotation.report.plan_page import plan_page
from oncall.rotation.report.terminal_charts import load_lines
from oncall.schedule.plan import Balance, Plan, PlanStatus
from oncall.support.windows import WindowKind
from tests.rotation.teams import MONDAY, NAMES, away, person, sentences, shifts_of, team, team_of

NIGHT, WEEKEND = WindowKind.WEEKNIGHT, WindowKind.WEEKEND


def seniors_and_juniors(seniors: int, juniors: int, **rules: Any) -> Roster:
    people = [person(name) for name in NAMES[:seniors]]
    return team(*people, *(person(f"jo-{n}", roles=["secondary"]) for n in range(juniors)), **rules)


def loads(plan: Plan) -> dict[str, int]:
    return Counter(seat.engineer for seat in plan.seats)


def test_four_seniors_and_three_juniors_carry_the_same_in_all() -> None:
    roster = seniors_and_juniors(4, 3)
    shares = shares_of(roster, shifts_of(roster, days=91))
    assert {shares.of(NIGHT, None, each.id) for each in roster.engineers} == {Fraction(104, 7)}
    # Only the seniors can be primary, so they do the 52 primary nights, and little of the rest.
    assert shares.of(NIGHT, "primary", "ana") == 13
    assert shares.of(NIGHT, "secondary", "ana") == Fraction(104, 7) - 13
    assert shares.of(NIGHT, "secondary", "jo-0") == Fraction(104, 7)


def test_where_primaries_are_so_few_that_they_carry_more_they_are_never_secondary() -> None:
    roster = seniors_and_juniors(3, 6, weekends_apart=1)
    shifts = shifts_of(roster, days=91)
    shares = shares_of(roster, shifts)
    assert shares.of_all_kinds("ana") == Fraction(65, 3)
    assert shares.of(NIGHT, "secondary", "ana") == 0
    assert shares.of_all_kinds("jo-0") == Fraction(65, 6)
    plan = fairest_plan(roster, shifts)
    assert plan.status is PlanStatus.OPTIMAL
    assert sorted(loads(plan).values()) == [10, 11, 11, 11, 11, 11, 21, 22, 22]
    assert sentences(plan, roster) == []


def test_by_role_each_role_is_split_by_itself() -> None:
    roster = seniors_and_juniors(3, 6, shares=SharesRule.BY_ROLE)
    shares = shares_of(roster, shifts_of(roster, days=91))
    assert shares.of(NIGHT, "primary", "ana") == Fraction(52, 3)
    assert shares.of(NIGHT, "secondary", "ana") == shares.of(NIGHT, "secondary", "jo-0") == Fraction(52, 9)


@pytest.mark.parametrize("rule", list(SharesRule))
def test_where_everyone_takes_every_role_both_rules_give_the_same(rule: SharesRule) -> None:
    people = [person("ana", fte=0.5), person("ben"), person("cai", absences=away(MONDAY, 9, leave=True))]
    roster = team(*people, shares=rule)
    shares = shares_of(roster, shifts_of(roster, days=28))
    all_weights = sum(shares.weights.values())
    for kind, role, who in product(shares.totals, roster.rules.roles, shares.weights):
        assert shares.of(kind, role, who) == shares.totals[kind] * shares.weights[who] / all_weights


ROLES = ("first", "second", "third", "fourth", "fifth")


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5), st.data())
def test_no_other_split_has_more_even_totals_or_more_proportional_roles(count: int, data: st.DataObject) -> None:
    roles = ROLES[:count]
    people = NAMES[: data.draw(st.integers(1, 9))]
    own = {who: data.draw(st.lists(st.sampled_from(roles), min_size=1, unique=True)) for who in people}
    weights = {
        who: data.draw(st.sampled_from([Fraction(1), Fraction(1), Fraction(1, 2), Fraction(0)])) for who in people
    }
    split = fair_split(roles, own, weights, 7)
    for role in roles:
        able = any(role in own[who] and weights[who] for who in people)
        assert sum(share for (name, _), share in split.items() if name == role) == (7 if able else 0)
    load = {
        who: sum(share for (_, name), share in split.items() if name == who) / weights[who]
        for who in people
        if weights[who]
    }
    # A convex sum is least where no small move lowers it. A move of load goes from an engineer to another in one role.
    takes = {(role, who) for who in load for role in own[who]}
    reached = {who: _reached(who, split, takes) for who in load}
    assert all(load[giver] <= load[taker] for giver in load for taker in reached[giver])
    # With the totals fixed, a move is a cycle: engineers and roles in turn.
    per_weight = {key: split.get(key, Fraction(0)) / weights[key[1]] for key in takes}
    for (one, a), (two, b) in product(takes, takes):
        if one != two and a != b and {(two, a), (one, b)} <= takes and split.get((one, a)) and split.get((two, b)):
            given_up, taken = per_weight[one, a] + per_weight[two, b], per_weight[two, a] + per_weight[one, b]
            assert given_up <= taken, (one, two, a, b)


def _reached(giver: str, split: dict[tuple[str, str], Fraction], takes: set[tuple[str, str]]) -> set[str]:
    """Everyone to whom a part of the giver's load can move, through others who keep theirs."""
    reached, queue = {giver}, [giver]
    gives: dict[str, set[str]] = defaultdict(set)
    for (role, who), share in split.items():
        if share:
            gives[who].add(role)
    while queue:
        who = queue.pop()
        new = {other for role, other in takes if role in gives[who]} - reached
        reached |= new
        queue += new
    return reached


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5), st.data())
def test_the_checker_finds_the_same_shares_by_another_way(count: int, data: st.DataObject) -> None:
    roles = ROLES[:count]
    people = [
        person(
            who,
            roles=data.draw(st.lists(st.sampled_from(roles), min_size=1, unique=True)),
            fte=data.draw(st.sampled_from([1.0, 0.5, 0.8, 0.1])),
            absences=data.draw(st.sampled_from([(), (), away(MONDAY, 7, leave=True), away(MONDAY, 3, leave=True)])),
        )
        for who in NAMES[: data.draw(st.integers(1, 9))]
    ]
    roster = team(*people, roles=roles, shares=data.draw(st.sampled_from(SharesRule)))
    shifts = shifts_of(roster)
    ours, theirs = shares_of(roster, shifts), CheckedShares(roster, shifts, ())
    for kind, role, who in product(ours.totals, roles, ours.weights):
        assert ours.of(kind, role, who) == theirs.of_role(kind, role, who)


def test_the_shares_of_every_role_are_spread_whole() -> None:
    shares = shares_of(team_of(3), shifts_of(team_of(3), days=28))
    for kind, role in product(shares.totals, ("primary", "secondary")):
        assert sum(shares.of(kind, role, who) for who in shares.weights) == shares.totals[kind]


def test_a_reader_is_told_whom_their_roles_limit() -> None:
    roster = seniors_and_juniors(4, 3)
    shifts = shifts_of(roster, days=28)
    assert share_notes(fairest_plan(roster, shifts), roster) == ()
    few = seniors_and_juniors(3, 6, weekends_apart=1)
    plan = fairest_plan(few, shifts)
    assert share_notes(plan, few) == (
        "too few engineers take primary: more than an even share of all shifts for "
        "ana 6.7 instead of 4.4, ben 6.7 instead of 4.4 and cai 6.7 instead of 4.4",
        "limited to secondary: less than an even share of all shifts for jo-0 3.3 instead of 4.4, "
        "jo-1 3.3 instead of 4.4, jo-2 3.3 instead of 4.4, jo-3 3.3 instead of 4.4, jo-4 3.3 instead of 4.4 "
        "and jo-5 3.3 instead of 4.4",
    )
    page = plan_page(replace(plan, first_day=MONDAY, last_day=MONDAY + timedelta(days=27)), few)
    assert "limited to secondary: less than an even share" in page
    assert "all kinds: 20 shifts, roles as load / share" in page
    lines = "\n".join(line.plain for line in load_lines(fairness_of_plan(plan, few), width=100))
    assert "all kinds: 20 shifts; roles load/share" in lines


def test_a_share_below_0_is_explained() -> None:
    roster = team_of(6)
    plan = Plan(roster.team, roster.zone, fairest_plan(roster, shifts_of(roster)).seats)
    owed = replace(plan, balances=(Balance("ana", NIGHT, 2500), Balance("ben", NIGHT, -2500)))
    assert share_notes(owed, roster) == (
        "before this plan ana served 2.50 weeknight shifts more than their share; this plan cannot make up for all of "
        "them: at least 1.17 stay in the balance of ana",
    )
    (named,) = share_notes(owed, roster, {"ana": "Ana Pereira"})
    assert named.startswith("before this plan Ana Pereira served 2.50 weeknight shifts more than their share;")


def test_a_plan_with_shares_of_another_rule_does_not_pass_the_checker() -> None:
    roster = seniors_and_juniors(4, 3)
    plan = replace(
        fairest_plan(roster, shifts_of(roster, days=28)), first_day=MONDAY, last_day=MONDAY + timedelta(days=27)
    )
    assert sentences(plan, roster) == []
    by_role = replace(roster, rules=replace(roster.rules, shares=SharesRule.BY_ROLE))
    told = sentences(plan, by_role)
    assert any(each.startswith("fairness: the plan states a share of") and "for jo-0; it is" in each for each in told)


@pytest.mark.slow
def test_another_solver_agrees_on_the_fairest_plan_of_seniors_and_juniors() -> None:
    roster = seniors_and_juniors(4, 3)
    plan = replace(
        fairest_plan(roster, shifts_of(roster, days=56)), first_day=MONDAY, last_day=MONDAY + timedelta(days=55)
    )
    assert plan.fairness is not None
    opinion = second_opinion(plan, roster, plan.fairness.cost, time_limit=timedelta(seconds=60))
    assert opinion.is_optimal


def test_an_engineer_with_a_share_of_two_kinds_is_not_said_to_be_one_of_too_few() -> None:
    nights = [person(f"night-{number}", kinds=("weeknight",)) for number in range(5)]
    weekends = [person(f"we-{number}", kinds=("weekend",)) for number in range(3)]
    both = person("both", kinds=("weeknight", "weekend"))
    roster = team(*nights, *weekends, both, rest_nights=1, weekends_apart=1)
    notes = share_notes(fairest_plan(roster, shifts_of(roster, days=28)), roster)
    assert (
        "has a share of several kinds of shift, weeknight and weekend: more than an even share of all shifts for "
        in "\n".join(notes)
    )
