"""A day off blocks every on-call minute of its dates; dates may have a time, and a day of each week may be off."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from oncall.rosters.roster import Absence, DaysOff, Engineer
from oncall.rosters.roster_file import read_roster
from oncall.rosters.time_off import DaysOffRule, absences_in, days_off_rule, duty_time, is_free
from oncall.support.calendar import first_instant
from oncall.support.windows import Window
from tests.rosters.conftest import GOOD, Refusal

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = date(2027, 3, 8)
WHOLE, EVENINGS = DaysOffRule(DaysOff.WHOLE, NEW_YORK), DaysOffRule(DaysOff.EVENINGS, NEW_YORK)


def window(start: str, end: str) -> Window:
    """A window of local times in New York."""
    return Window(*(first_instant(NEW_YORK, datetime.fromisoformat(at)) for at in (start, end)))


def ana(**dates: object) -> Engineer:
    plain = Engineer("ana", "Ana", "+13055550101", ("primary",), NEW_YORK)
    return replace(plain, **dates)  # type: ignore[arg-type]


def off(first: str, last: str, **more: object) -> Engineer:
    return ana(absences=(Absence(date.fromisoformat(first), date.fromisoformat(last), **more),))  # type: ignore[arg-type]


NIGHT = window("2027-03-08T19:01", "2027-03-09T08:00")
WEEKEND = window("2027-03-12T19:01", "2027-03-15T08:00")


@pytest.mark.parametrize(
    ("on_call", "person", "is_blocked", "in_the_evening"),
    [
        (NIGHT, off("2027-03-08", "2027-03-08"), True, True),
        (NIGHT, off("2027-03-09", "2027-03-09"), True, False),
        (NIGHT, off("2027-03-07", "2027-03-07"), False, False),
        (NIGHT, off("2027-03-10", "2027-03-12"), False, False),
        (WEEKEND, off("2027-03-13", "2027-03-13"), True, True),
        (WEEKEND, off("2027-03-15", "2027-03-19"), True, False),
        (NIGHT, off("2027-03-09", "2027-03-10", starts_at=time(8)), False, False),
        (NIGHT, off("2027-03-09", "2027-03-10", starts_at=time(7, 59)), True, False),
        (NIGHT, off("2027-03-08", "2027-03-08", ends_at=time(19, 1)), False, False),
        (NIGHT, off("2027-03-08", "2027-03-08", ends_at=time(19, 2)), True, True),
        (NIGHT, off("2027-03-01", "2027-03-31", weekday=0), True, True),
        (NIGHT, off("2027-03-01", "2027-03-31", weekday=1), True, False),
        (NIGHT, off("2027-03-09", "2027-03-31", weekday=0), False, False),
        (NIGHT, ana(joins=date(2027, 3, 8)), False, False),
        (NIGHT, ana(joins=date(2027, 3, 9)), True, True),
        (NIGHT, ana(joins=date(2027, 3, 8), joins_at=time(19, 2)), True, True),
        (NIGHT, ana(joins=date(2027, 3, 8), joins_at=time(19, 1)), False, False),
        (NIGHT, ana(leaves=date(2027, 3, 8)), True, False),
        (NIGHT, ana(leaves=date(2027, 3, 9)), False, False),
        (NIGHT, ana(leaves=date(2027, 3, 9), leaves_at=time(8)), False, False),
        (NIGHT, ana(leaves=date(2027, 3, 9), leaves_at=time(7, 59)), True, False),
    ],
)
def test_a_shift_is_blocked_by_any_minute_or_by_its_evenings_alone(
    on_call: Window, person: Engineer, is_blocked: bool, in_the_evening: bool
) -> None:
    assert is_free(person, duty_time(on_call, WHOLE)) is not is_blocked
    assert is_free(person, duty_time(on_call, EVENINGS)) is not in_the_evening


minutes = st.integers(0, 14 * 24 * 60)


@given(
    st.tuples(minutes, minutes).filter(lambda pair: pair[0] != pair[1]),
    st.tuples(st.integers(0, 14), st.integers(0, 14)),
    st.tuples(*[st.none() | st.times().map(lambda at: at.replace(second=0, microsecond=0))] * 2),
    st.none() | st.integers(0, 6),
)
def test_a_day_off_blocks_exactly_the_shifts_with_a_minute_in_it(
    span: tuple[int, int], dates: tuple[int, int], times: tuple[time | None, time | None], weekday: int | None
) -> None:
    # Two weeks around the spring clock change; every local minute is looked at by itself.
    midnight = datetime.combine(MONDAY, time())
    start, end = (first_instant(NEW_YORK, midnight + timedelta(minutes=number)) for number in sorted(span))
    if start == end:
        return
    first, last = (MONDAY + timedelta(days=number) for number in sorted(dates))
    absence = Absence(first, last, starts_at=times[0], ends_at=times[1], weekday=weekday)
    begins, ends = datetime.combine(first, times[0] or time()), datetime.combine(last, times[1] or time())
    ends += timedelta(days=0 if times[1] else 1)
    assume(begins < ends)
    expected, at = False, start
    while at < end and not expected:
        local = at.astimezone(NEW_YORK).replace(tzinfo=None)
        expected = begins <= local < ends and weekday in (None, local.weekday())
        at += timedelta(minutes=1)
    found = list(absences_in(ana(absences=(absence,)), duty_time(Window(start, end), WHOLE)))
    assert bool(found) is expected


def test_days_off_are_dates_of_the_rosters_own_zone(folder: Path) -> None:
    Path("x.yaml").write_text(GOOD.replace("America/New_York", "Asia/Kolkata"))
    roster = read_roster(Path("x.yaml"))
    assert days_off_rule(roster) == DaysOffRule(DaysOff.WHOLE, ZoneInfo("Asia/Kolkata"))


def test_dates_with_times_and_weekly_days_off_are_read(folder: Path) -> None:
    Path("x.yaml").write_text(
        GOOD
        + "    joins: 2027-01-04T09:00\n"
        + "    leaves: 2027-12-31T12:30\n"
        + "    unavailable:\n"
        + '      - {from: 2027-02-15T18:00, to: "2027-02-19 12:00", reason: vacation}\n'
        + "      - {every: fridays}\n"
        + "      - {every: monday, from: 2027-03-01, to: 2027-03-31, reason: course, leave: true}\n"
    )
    roster = read_roster(Path("x.yaml"))
    ben = roster.engineers[1]
    assert roster.rules.days_off is DaysOff.WHOLE
    assert (ben.joins, ben.joins_at, ben.leaves, ben.leaves_at) == (
        date(2027, 1, 4), time(9), date(2027, 12, 31), time(12, 30),
    )  # fmt: skip
    assert ben.absences == (
        Absence(date(2027, 2, 15), date(2027, 2, 19), "vacation", starts_at=time(18), ends_at=time(12)),
        Absence(date.min, date.max, weekday=4),
        Absence(date(2027, 3, 1), date(2027, 3, 31), "course", leave=True, weekday=0),
    )
    assert [each.span_text for each in ben.absences] == [
        "from 2027-02-15 18:00 to 2027-02-19 12:00",
        "every Friday",
        "every Monday from 2027-03-01 to 2027-03-31",
    ]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{every: fridy}", 'unavailable[0].every: "fridy" is not a day of the week; did you mean "friday"?'),
        ("fridays", 'unavailable[0]: "fridays" is a single value; write {every: fridays}'),
        (
            "{from: 2027-02-15T18:00, to: 2027-02-15T08:00}",
            "unavailable[0].to: 2027-02-15 08:00 is before from, 2027-02-15 18:00; swap them or correct one",
        ),
        (
            "{from: 2027-02-15T18:00, to: 2027-02-15T18:00}",
            "unavailable[0].to: 2027-02-15 18:00 is the same instant as from; write a later one",
        ),
        (
            "{from: 2027-02-15T25:00, to: 2027-02-16}",
            'unavailable[0].from: "2027-02-15T25:00" is not a local date and time; write one like "2027-02-15T18:00"',
        ),
        (
            "{from: 2027-02-15T18:00+01:00, to: 2027-02-16}",
            'unavailable[0].from: "2027-02-15T18:00+01:00" has an offset; '
            'write the time on the team\'s clock alone, like "2027-02-15T18:00"',
        ),
        (
            "{every: fridays, from: 2027-02-30}",
            'unavailable[0].from: "2027-02-30" is not a date; February 2027 has 28 days',
        ),
    ],
)
def test_a_faulty_day_off_is_refused_with_what_to_write(refusal: Refusal, written: str, message: str) -> None:
    assert refusal(GOOD + f"    unavailable: [{written}]\n").split(": engineers[1].", 1)[1] == message


def test_days_off_have_two_rules(refusal: Refusal) -> None:
    told = refusal(GOOD + "rotation: {days_off: nights}\n")
    assert told.endswith('rotation.days_off: "nights" is not a rule for days off; write one of whole, evenings')
