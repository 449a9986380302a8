"""Contradictory rules for people are refused with both places, all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from oncall.rosters.roster_file import read_roster
from tests.rosters.conftest import GOOD, Refusal

MORE = '  - {id: cai, name: Cai Lin, phone: "+13055550103"}\n'


def with_rules(*lines: str, more: str = "") -> str:
    """The good roster, whose rotation has these lines from line 4 on."""
    rules = "".join(f"  {line}\n" for line in lines)
    return (GOOD + MORE + more).replace("engineers:", f"rotation:\n{rules}engineers:")


def fixed(*seats: str) -> str:
    return f"fixed: [{', '.join('{' + seat + '}' for seat in seats)}]"


ANA = "day: 2027-01-06, role: primary, engineer: ana"


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (ANA, "ana is fixed as primary on 2027-01-06 twice"),
        (ANA.replace("ana", "ben"), "ana and ben are both fixed as primary on 2027-01-06"),
        (
            ANA.replace("primary", "secondary"),
            "ana is fixed as primary and as secondary of one shift, on 2027-01-06",
        ),
        (
            "day: 2027-01-06, role: secondary, engineer: ben",
            "ana and ben are fixed on one shift, on 2027-01-06, and rotation.never_together[0] on line 5, column 20 "
            "keeps them apart",
        ),
    ],
)
def test_seats_that_exclude_each_other_are_told_with_both_places(refusal: Refusal, other: str, sentence: str) -> None:
    text = with_rules(fixed(ANA, other), "never_together: [[ana, ben]]")
    assert refusal(text) == (f"x.yaml:4:60: rotation.fixed[1]: {sentence}; see rotation.fixed[0] on line 4, column 11")


def test_a_seat_on_a_date_that_the_clocks_of_a_zone_skip_is_refused(refusal: Refusal) -> None:
    text = with_rules(fixed(ANA.replace("2027-01-06", "2011-12-30"))).replace("America/New_York", "Pacific/Apia")
    assert refusal(text) == (
        "x.yaml:4:11: rotation.fixed[0]: the clocks of this time zone skip 2011-12-30, so that it has no shift; "
        "delete the seat"
    )


def test_two_shifts_of_one_day_are_two_seats(folder: Path) -> None:
    weekend = fixed(f"{ANA}, kind: holiday".replace("06", "15"), f"{ANA}, kind: weekend".replace("06", "15"))
    Path("x.yaml").write_text(with_rules(weekend))
    assert len(read_roster(Path("x.yaml")).rules.fixed) == 2


@pytest.mark.parametrize(
    ("person", "day", "sentence"),
    [
        ("roles: [secondary]", "2027-01-06", "zoe does not take the role primary; see engineers[3].roles"),
        ("joins: 2027-01-07", "2027-01-06", "zoe joins only on 2027-01-07; see engineers[3].joins"),
        (
            "leaves: 2027-01-09",
            "2027-01-08",
            "zoe has left by 2027-01-10, with 2027-01-09 as the last day; see engineers[3].leaves",
        ),
        (
            "unavailable: [{from: 2027-01-10, to: 2027-01-12}]",
            "2027-01-08",
            "zoe is away from 2027-01-10 to 2027-01-12; see engineers[3].unavailable[0]",
        ),
        (
            "unavailable: [{from: 2027-01-07, to: 2027-01-12}]",
            "2027-01-06",
            "zoe is away from 2027-01-07 to 2027-01-12; see engineers[3].unavailable[0]",
        ),
        (
            "leaves: 2027-01-06",
            "2027-01-06",
            "zoe has left by 2027-01-07, with 2027-01-06 as the last day; see engineers[3].leaves",
        ),
        (
            "shadows: {from: 2027-01-01, to: 2027-01-31}",
            "2027-01-06",
            "zoe only shadows from 2027-01-01 to 2027-01-31; see engineers[3].shadows",
        ),
    ],
)
def test_a_seat_that_its_person_cannot_have_is_told_with_what_forbids_it(
    refusal: Refusal, person: str, day: str, sentence: str
) -> None:
    zoe = f'  - {{id: zoe, name: Zoe, phone: "+13055550109", {person}}}\n'
    told = refusal(with_rules(fixed(f"day: {day}, role: primary, engineer: zoe"), more=zoe))
    assert told.startswith(f"x.yaml:4:11: rotation.fixed[0]: {sentence} on line 13, column ")
    assert "\n" not in told


def test_a_daily_weekend_takes_one_day_alone(folder: Path) -> None:
    away = '  - {id: zoe, name: Zoe, phone: "+13055550109", unavailable: [{from: 2027-01-10, to: 2027-01-12}]}\n'
    seat = fixed("day: 2027-01-08, role: primary, engineer: zoe")
    Path("x.yaml").write_text(with_rules("weekend: daily", seat, more=away))
    assert read_roster(Path("x.yaml")).rules.fixed


def test_pairs_are_named_once_and_not_both_ways(refusal: Refusal) -> None:
    text = with_rules("never_together: [[ana, ben], [ben, ana]]", "prefer_together: [[cai, ana], [ben, ana]]")
    assert refusal(text).splitlines() == [
        "x.yaml:4:32: rotation.never_together[1]: ben and ana are named twice; the first time is on line 4, column 20; "
        "delete one of them",
        "x.yaml:5:33: rotation.prefer_together[1]: ben and ana are never together by rotation.never_together[0] "
        "on line 4, column 20; delete one of the two",
    ]


def test_every_contradiction_is_told_at_once_beside_other_faults(refusal: Refusal) -> None:
    text = with_rules(fixed(ANA, ANA, ANA.replace("ana", "nobody")), "prefer_together: [[ana, ben], [ana, ben]]")
    assert [line.split(": ")[0] for line in refusal(text.replace("cas", "", 1)).splitlines()] == [
        "x.yaml:1:1", "x.yaml:4:60", "x.yaml:4:109", "x.yaml:4:152", "x.yaml:5:33",
    ]  # fmt: skip


def test_people_named_in_a_roster_without_any_are_told_that_there_is_none(refusal: Refusal) -> None:
    text = GOOD[: GOOD.index("engineers:")] + "engineers: []\nrotation: {never_together: [[ana, ben]]}\n"
    assert refusal(text).splitlines()[1:] == [
        'x.yaml:4:30: rotation.never_together[0][0]: "ana" is not an engineer of this roster; there is none to name',
        'x.yaml:4:35: rotation.never_together[0][1]: "ben" is not an engineer of this roster; there is none to name',
    ]


def test_requests_of_one_engineer_that_contradict_each_other_are_refused(refusal: Refusal) -> None:
    text = GOOD + "    requests: [{avoid: fridays}, {prefer: friday}, {avoid: 2027-03-17}, {avoid: 2027-03-17}]\n"
    assert refusal(text).splitlines() == [
        "x.yaml:10:34: engineers[1].requests[1]: asks to prefer what the request on line 10, column 16 asks to avoid; "
        "delete one of them",
        "x.yaml:10:73: engineers[1].requests[3]: is listed twice; the first is on line 10, column 52; "
        "delete one of them",
    ]


# ---- plans of other teams


def test_a_plan_that_is_not_there_is_told_where_it_is_named(refusal: Refusal, folder: Path) -> None:
    (folder / "database.csv").touch()
    assert refusal(GOOD + "busy: [databas.csv, other.txt, nowhere.json]\n").splitlines() == [
        'x.yaml:10:8: busy[0]: there is no file "databas.csv"; did you mean "database.csv"?',
        'x.yaml:10:21: busy[1]: "other.txt" is not a plan file; name one that ends in .csv or .json',
        'x.yaml:10:32: busy[2]: there is no file "nowhere.json"; delete it, or put the other team\'s plan there',
    ]
