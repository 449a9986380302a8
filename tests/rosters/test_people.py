"""The people of a roster: names, dates, weights and requests."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from oncall.rosters.roster import Engineer, Request, RequestDirection, Roster
from oncall.rosters.roster_file import read_roster
from tests.rosters.conftest import GOOD, Refusal


@pytest.fixture
def roster_with(folder: Path) -> type[_Rosters]:
    return _Rosters


class _Rosters:
    """Rosters made of the good text and more."""

    @staticmethod
    def after(more: str) -> Roster:
        Path("x.yaml").write_text(GOOD + more, encoding="utf-8")
        return read_roster(Path("x.yaml"))

    @classmethod
    def ben(cls, more: str) -> Engineer:
        return cls.after(f"    {more}\n").engineers[1]


def test_two_people_cannot_have_one_id_or_one_phone(refusal: Refusal) -> None:
    text = GOOD + '  - {id: ana, name: Ana Two, phone: "+13055550102"}\n'
    assert refusal(text).splitlines() == [
        "x.yaml:10:10: engineers[2].id: is already the id of engineers[0] on line 4",
        "x.yaml:10:37: engineers[2].phone: is already the phone of engineers[1] on line 9",
    ]


def test_a_phone_that_two_people_share_is_not_repeated_in_the_message(refusal: Refusal) -> None:
    assert "+1305" not in refusal(GOOD.replace("0102", "0101"))


@pytest.mark.parametrize(("name", "meaning"), [("desk", "the support desk"), ("oncall", "the pager itself")])
def test_names_that_the_log_gives_to_no_person_are_no_ids(refusal: Refusal, name: str, meaning: str) -> None:
    assert refusal(GOOD.replace("id: ben", f"id: {name}")) == (
        f'x.yaml:7:9: engineers[1].id: "{name}" is the name of {meaning}; choose another id'
    )


def test_what_is_not_written_has_its_default(roster_with: type[_Rosters]) -> None:
    ben = roster_with.after("").engineers[1]
    assert (ben.email, ben.fte, ben.joins, ben.leaves, ben.absences, ben.requests) == (None, 1.0, None, None, (), ())
    assert ben.roles == ("primary", "secondary")
    assert ben.zone.key == "America/New_York"


def test_a_key_with_nothing_behind_it_is_as_if_absent(roster_with: type[_Rosters]) -> None:
    assert roster_with.ben("requests:").requests == ()


def test_roles_have_the_order_of_the_roster(roster_with: type[_Rosters]) -> None:
    assert roster_with.ben("roles: [secondary, primary]").roles == ("primary", "secondary")


@pytest.mark.parametrize("fte", ["0", "-0.5", "1.1", "much", "nan", "150%"])
def test_a_share_of_the_load_lies_above_zero_and_is_at_most_one(refusal: Refusal, fte: str) -> None:
    assert refusal(GOOD + f"    fte: {fte}\n") == (
        f'x.yaml:10:10: engineers[1].fte: "{fte}" is not a share of the load; '
        "write a number above 0, at most 1, like 0.5"
    )


@pytest.mark.parametrize(("written", "fte"), [("1", 1.0), ("0.5", 0.5), (".25", 0.25), ("1.0", 1.0)])
def test_a_share_of_the_load_is_read(roster_with: type[_Rosters], written: str, fte: float) -> None:
    assert roster_with.ben(f"fte: {written}").fte == fte


def test_an_address_that_cannot_be_one_is_refused(refusal: Refusal) -> None:
    assert refusal(GOOD + "    email: ben\n") == (
        'x.yaml:10:12: engineers[1].email: "ben" is not an email address; write one like "ana@example.com"'
    )


@pytest.mark.parametrize("written", ["2027-03-01", '"2027-03-01"'])
def test_a_day_may_stand_in_quotes_or_not(roster_with: type[_Rosters], written: str) -> None:
    assert roster_with.ben(f"joins: {written}").joins == date(2027, 3, 1)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("next week", '"next week" is not a date; write one like "2027-01-04"'),
        ("2027-02-30", '"2027-02-30" is not a date; February 2027 has 28 days'),
        ("2028-02-30", '"2028-02-30" is not a date; February 2028 has 29 days'),
        ("2027-13-01", '"2027-13-01" is not a date; months go from 01 to 12'),
        ("2027-3-1", '"2027-3-1" is not a date; write "2027-03-01"'),
        ("2027/03/01", '"2027/03/01" is not a date; write "2027-03-01"'),
        ("20270301", '"20270301" is not a date; write "2027-03-01"'),
        (
            "2027-03-01T08:00:00Z",
            '"2027-03-01T08:00:00Z" has an offset; write the time on the team\'s clock alone, like "2027-03-01T08:00"',
        ),
        ("01/03/2027", '"01/03/2027" is not a date; write "2027-01-03" (3 January) or "2027-03-01" (1 March)'),
        ("02/15/2027", '"02/15/2027" is not a date; write "2027-02-15"'),
        ("15.02.2027", '"15.02.2027" is not a date; write "2027-02-15"'),
        ("0207-03-01", '"0207-03-01" is out of range; write a year from 2000 to 2100'),
        ("2101-01-01", '"2101-01-01" is out of range; write a year from 2000 to 2100'),
        ("08:00", '"08:00" is not a date; write one like "2027-01-04"'),
    ],
)
def test_what_is_no_day_is_told_what_to_write(refusal: Refusal, written: str, message: str) -> None:
    assert refusal(GOOD + f"    joins: {written}\n") == f"x.yaml:10:12: engineers[1].joins: {message}"


def test_nobody_leaves_before_they_join(refusal: Refusal) -> None:
    assert refusal(GOOD + "    joins: 2027-03-01\n    leaves: 2027-02-01\n") == (
        "x.yaml:11:13: engineers[1].leaves: 2027-02-01 is before joins, 2027-03-01; swap them or correct one"
    )


def test_days_off_are_judged_one_by_one(refusal: Refusal) -> None:
    days_off = """\
    unavailable:
      - {from: 2027-02-19, to: 2027-02-15}
      - {from: 2027-02-19}
      - {from: 2027-02-19, to: 2027-02-19, leave: "yes", until: x}
      - 2027-02-19
"""
    assert refusal(GOOD + days_off).splitlines() == [
        "x.yaml:11:32: engineers[1].unavailable[0].to: 2027-02-15 is before from, 2027-02-19; swap them or correct one",
        "x.yaml:12:9: engineers[1].unavailable[1].to: is missing; write to: 2027-02-19",
        'x.yaml:13:51: engineers[1].unavailable[2].leave: "yes" is text; write true without quotes',
        "x.yaml:13:58: engineers[1].unavailable[2].until: is not a known key; "
        "write one of every, from, to, reason, leave",
        'x.yaml:14:9: engineers[1].unavailable[3]: "2027-02-19" is a single value; '
        "write {from: 2027-02-19, to: 2027-02-19}",
    ]


@pytest.mark.parametrize(
    ("written", "request_"),
    [
        ("{avoid: 2027-03-17}", Request(RequestDirection.AVOID, day=date(2027, 3, 17))),
        ("{avoid: fridays}", Request(RequestDirection.AVOID, weekday=4)),
        ("{avoid: Monday}", Request(RequestDirection.AVOID, weekday=0)),
        ("{prefer: weekends}", Request(RequestDirection.PREFER, kind="weekend")),
        ("{prefer: weeknight}", Request(RequestDirection.PREFER, kind="weeknight")),
        ("{avoid: holidays}", Request(RequestDirection.AVOID, kind="holiday")),
    ],
)
def test_a_request_names_a_date_a_day_of_the_week_or_a_kind_of_shift(
    roster_with: type[_Rosters], written: str, request_: Request
) -> None:
    assert roster_with.ben(f"requests: [{written}]").requests == (request_,)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "{avoid: fridys}",
            '.avoid: "fridys" is not a date, a day of the week or a kind of shift; did you mean "fridays"?',
        ),
        (
            "{avoid: rain}",
            '.avoid: "rain" is not a date, a day of the week or a kind of shift; '
            "write one like 2027-03-17, fridays or weekends",
        ),
        ("{avoid: 2027-04-31}", '.avoid: "2027-04-31" is not a date; April 2027 has 30 days'),
        (
            "{avoid: fridays, prefer: weekends}",
            ": has both avoid and prefer; write one of them, like {avoid: fridays}",
        ),
        ("{}", ": has neither avoid nor prefer; write one of them, like {avoid: fridays}"),
    ],
)
def test_a_request_that_says_nothing_clear_is_refused(refusal: Refusal, written: str, message: str) -> None:
    column = 24 if message.startswith(".") else 16
    assert refusal(GOOD + f"    requests: [{written}]\n") == (f"x.yaml:10:{column}: engineers[1].requests[0]{message}")


def test_a_manager_may_be_one_of_the_engineers(roster_with: type[_Rosters]) -> None:
    roster = roster_with.after('manager: {id: ana, name: Ana Pereira, phone: "+13055550101"}\n')
    assert roster.manager is not None
    assert roster.manager.phone == roster.engineers[0].phone


def test_a_manager_with_an_engineers_id_has_that_engineers_phone(refusal: Refusal) -> None:
    assert refusal(GOOD + 'manager: {id: ana, name: Ana Pereira, phone: "+13055550100"}\n') == (
        'x.yaml:10:46: manager.phone: differs from the phone of the engineer "ana"; one id is one person'
    )


def test_a_manager_who_is_no_engineer_has_a_phone_of_their_own(refusal: Refusal) -> None:
    assert refusal(GOOD + 'manager: {id: mei, name: Mei Lin, phone: "+13055550102"}\n') == (
        "x.yaml:10:42: manager.phone: is already the phone of engineers[1] on line 9"
    )


def test_a_roster_does_without_a_manager(roster_with: type[_Rosters]) -> None:
    assert roster_with.after("").manager is None


def test_no_phone_number_shows_when_a_person_is_printed(roster_with: type[_Rosters]) -> None:
    assert "+1305" not in repr(roster_with.after("").engineers)
