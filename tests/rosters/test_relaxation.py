"""A relaxation has a complete name, and one that does not fit says what to write."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.errors import Refused
from oncall.rosters.relaxation import MAXIMUM_RULES, MINIMUM_RULES, Relaxation, relaxation_named, relaxation_texts
from oncall.rosters.relaxed_roster import loosest_for, relaxed
from oncall.rosters.roster import Absence
from tests.rotation.teams import MONDAY, away, person, team

ROSTER = team(
    person("ana", absences=away(date(2027, 2, 15), 5)),
    person("ben", absences=away(MONDAY, 30, leave=True)),
    person("cai", absences=(Absence(date.min, date.max, weekday=4),)),
    max_shifts_per_month=4,
)


def refusal_of(name: str) -> str:
    with pytest.raises(Refused) as refusal:
        relaxed(ROSTER, [relaxation_named(name)])
    return str(refusal.value)


days = st.dates(date(2027, 1, 1), date(2027, 12, 31))
of_rules = st.builds(
    lambda rule, span, person, value: Relaxation(rule, min(span), max(span), person, value),
    st.sampled_from([*MINIMUM_RULES, *MAXIMUM_RULES]),
    st.tuples(days, days),
    st.sampled_from([None, "ana", "new-1"]),
    st.integers(0, 31),
)
of_days = st.builds(lambda span: Relaxation("unavailable", min(span), max(span), "ana"), st.tuples(days, days))


@given(st.one_of(of_rules, of_days))
def test_a_name_says_everything(relaxation: Relaxation) -> None:
    assert relaxation_named(relaxation.id) == relaxation


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rest_nights=1@2027-12-20..2027-12-26", "rest_nights 1 around the week of 2027-12-20"),
        ("rest_nights=0@2027-12-20:ana", "rest_nights 0 for ana around the shifts of 2027-12-20"),
        ("weekends_apart=1@2027-01-15..2027-01-17:ben", "weekends_apart 1 for ben around the weekend of 2027-01-15"),
        ("max_shifts_per_month=5@2027-01-01..2027-01-31", "max_shifts_per_month 5 in January 2027"),
        ("max_shifts_per_week=3@2027-01-04..2027-01-10", "max_shifts_per_week 3 in the week of 2027-01-04"),
        ("unavailable@2027-02-15:ana", "ana's day off on 2027-02-15 moved"),
        ("unavailable@2027-02-19..2027-02-21:ana", "ana's days off from 2027-02-19 to 2027-02-21 moved"),
    ],
)
def test_a_person_reads_it_in_plain_words(name: str, text: str) -> None:
    assert relaxation_named(name).text == text


def test_relaxations_that_differ_only_in_their_dates_read_as_one() -> None:
    names = ("unavailable@2027-01-15:ana", "unavailable@2027-01-29:ana", "unavailable@2027-02-01..2027-02-03:ana")
    weeks = ("rest_nights=0@2027-01-11..2027-01-17", "rest_nights=0@2027-02-01..2027-02-07")
    months = ("max_shifts_per_month=5@2027-01-01..2027-01-31",)
    assert relaxation_texts([relaxation_named(name) for name in (*names, *weeks, *months)]) == (
        "ana's days off on 2027-01-15, 2027-01-29 and 2027-02-01 to 2027-02-03 moved, and rest_nights 0 around the "
        "week of 2027-01-11 and the week of 2027-02-01, and max_shifts_per_month 5 in January 2027"
    )


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (
            ["unavailable@2027-01-20:ana", "unavailable@2027-01-20:ben", "unavailable@2027-01-21:cai"],
            "ana's and ben's days off on 2027-01-20 moved, and cai's day off on 2027-01-21 moved",
        ),
        (
            ["weekends_apart=2@2027-01-22..2027-01-24:ana", "weekends_apart=2@2027-01-22..2027-01-24:ben"],
            "weekends_apart 2 for ana and ben around the weekend of 2027-01-22",
        ),
        (
            [f"max_shifts=9@2027-01-04..2027-01-29:{who}" for who in ("ana", "ben", "cai")],
            "max_shifts 9 for ana, ben and cai",
        ),
    ],
)
def test_relaxations_that_differ_only_in_their_people_read_as_one(names: list[str], text: str) -> None:
    assert relaxation_texts([relaxation_named(name) for name in names]) == text


def test_a_day_off_that_is_moved_leaves_the_others() -> None:
    loose = relaxed(ROSTER, [relaxation_named("unavailable@2027-02-17:ana")])
    absences = loose.engineers[0].absences
    assert [(each.first_day.day, each.last_day.day) for each in absences] == [(15, 16), (18, 19)]


def test_a_weekly_day_off_that_is_moved_once_stays_off_in_all_other_weeks() -> None:
    absences = relaxed(ROSTER, [relaxation_named("unavailable@2027-03-05:cai")]).engineers[2].absences
    fridays = [date(2027, 2, 26), date(2027, 3, 5), date(2027, 3, 12)]
    assert [any(day in each for each in absences) for day in fridays] == [True, False, True]


def test_the_loosest_numbers_of_a_person_are_those_of_all_their_exceptions() -> None:
    names = ["rest_nights=1@2027-01-04", "rest_nights=0@2027-03-01:ben", "max_shifts_per_month=6@2027-01-01:ana"]
    rules = relaxed(ROSTER, [relaxation_named(name) for name in names]).rules
    ana, ben = loosest_for(rules, "ana"), loosest_for(rules, "ben")
    assert (ana.rest_nights, ana.max_shifts_per_month) == (1, 6)
    assert (ben.rest_nights, ben.max_shifts_per_month) == (0, 4)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("one week", 'write one as `generate` proposed it, like "rest_nights=1@2027-12-20..2027-12-26"'),
        ("rest_night=1@2027-01-04", '"rest_night" cannot be relaxed; did you mean "rest_nights"?'),
        ("rest_nights@2027-01-04", 'say what the number is then, like "rest_nights=1@2027-01-04"'),
        ("rest_nights=1@2027-02-30", '"2027-02-30" is not a date; February 2027 has 28 days'),
        ("rest_nights=1@2027-02-04..2027-02-01", "2027-02-01 is before 2027-02-04; swap them"),
        ("rest_nights=2@2027-02-04", "the roster says 2, so this would not make rest_nights looser"),
        ("max_shifts_per_month=4@2027-02-04", "the roster says 4, so this would not make max_shifts_per_month looser"),
        (
            "max_shifts_per_week=4@2027-02-04",
            "the roster does not set it, so this would not make max_shifts_per_week looser",
        ),
        ("weekends_apart=0@2027-02-04", "the roster says 2, so this would not make weekends_apart looser"),
        ("rest_nights=1@2027-02-04:anna", '"anna" is not on the roster; did you mean "ana"?'),
        ("unavailable@2027-02-15", 'name the person and no number, like "unavailable@2027-02-15:ana"'),
        ("unavailable@2027-02-22:ana", "ana has no day off then"),
        ("unavailable@2027-03-02..2027-03-04:cai", "cai has no day off then"),
        ("unavailable@2027-01-10:ben", "ben is on leave then, and leave is not moved"),
    ],
)
def test_one_that_does_not_fit_says_what_to_write(name: str, message: str) -> None:
    assert refusal_of(name) == f'"{name}" is not a relaxation: {message}'
