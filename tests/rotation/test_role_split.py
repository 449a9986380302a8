"""The role split is even for any engineers on duty."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from oncall.rotation.solve.role_split import split_evenly


@st.composite
def teams(draw: st.DrawFn) -> list[list[int]]:
    roles = draw(st.integers(1, 4))
    people = st.lists(st.integers(0, 7), min_size=roles, max_size=roles, unique=True)
    return draw(st.lists(people, max_size=60))


@given(teams())
def test_the_counts_of_an_engineers_roles_differ_by_at_most_one(on_duty: list[list[int]]) -> None:
    ordered = split_evenly(on_duty)
    assert [sorted(team) for team in ordered] == [sorted(team) for team in on_duty]
    for person in {person for team in on_duty for person in team}:
        times = Counter(team.index(person) for team in ordered if person in team)
        roles = range(len(on_duty[0]))
        assert max(times[role] for role in roles) - min(times[role] for role in roles) <= 1
