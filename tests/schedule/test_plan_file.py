"""Plan files: the exact text written, and the same plan when read again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import FileFaults, Refused
from oncall.rosters.relaxation import relaxation_named
from oncall.schedule.calendar_feed import ics_of
from oncall.schedule.plan import Balance, EngineerFairness, Fairness, Load, Plan, PlanStatus, Seat
from oncall.schedule.plan_csv import csv_of, plan_of_csv
from oncall.schedule.plan_file import MOST_MIB, read_plan, write_plan
from oncall.schedule.plan_json import json_of, plan_of_json
from oncall.support.windows import Window, WindowKind
from oncall.text_files import MIB
from tests.schedule.conftest import NEW_YORK, span

KINDS = [WindowKind.WEEKNIGHT, WindowKind.WEEKEND, WindowKind.HOLIDAY, WindowKind("apac")]


@pytest.fixture
def plan() -> Plan:
    """Two shifts with the proof of one engineer's fairness; the second spans a clock change."""
    night, weekend = span("2027-03-11T19:01", "2027-03-12T08:00"), span("2027-03-12T19:01", "2027-03-15T08:00")
    loads = (Load(WindowKind.WEEKEND, "primary", 1, 0.5), Load(WindowKind.WEEKEND, None, 1, 1.0))
    return Plan(
        team="cas-support",
        zone=NEW_YORK,
        seats=(
            Seat(night, WindowKind.WEEKNIGHT, "primary", "ana"),
            Seat(night, WindowKind.WEEKNIGHT, "secondary", "ben"),
            Seat(weekend, WindowKind.WEEKEND, "primary", "ben"),
            Seat(weekend, WindowKind.WEEKEND, "secondary", "ana"),
        ),
        status=PlanStatus.OPTIMAL,
        fairness=Fairness(25, 25, (EngineerFairness("ana", 2.0, loads),)),
        first_day=date(2027, 3, 11),
        last_day=date(2027, 3, 14),
        seed=1,
        notes=("a note",),
    )


def test_csv_is_a_row_per_seat_with_the_offset_of_the_zone(plan: Plan) -> None:
    assert csv_of(plan).decode() == (
        "start,end,kind,role,engineer\n"
        "2027-03-11T19:01:00-05:00,2027-03-12T08:00:00-05:00,weeknight,primary,ana\n"
        "2027-03-11T19:01:00-05:00,2027-03-12T08:00:00-05:00,weeknight,secondary,ben\n"
        "2027-03-12T19:01:00-05:00,2027-03-15T08:00:00-04:00,weekend,primary,ben\n"
        "2027-03-12T19:01:00-05:00,2027-03-15T08:00:00-04:00,weekend,secondary,ana\n"
    )


def test_what_a_plan_carries_is_one_more_column_and_comes_back(plan: Plan, tmp_path: Path) -> None:
    carrying = replace(
        plan,
        kept_until=date(2027, 3, 12),
        relaxed=(relaxation_named("rest_nights=1@2027-03-08..2027-03-14"),),
        balances=(
            Balance("ana", WindowKind.WEEKNIGHT, 1250),
            Balance("ben", WindowKind.WEEKNIGHT, -1250),
            Balance("gone", WindowKind.HOLIDAY, 123_456_789),
        ),
    )
    lines = csv_of(carrying).decode().splitlines()
    assert [line.split(",")[5] for line in lines] == [
        "carries",
        "kept_until 2027-03-12",
        "relaxed rest_nights=1@2027-03-08..2027-03-14",
        "balance ana weeknight 1.250",
        "balance ben weeknight -1.250; balance gone holiday 123456.789",
    ]
    path = tmp_path / "plan.csv"
    path.write_bytes(csv_of(carrying))
    again = read_plan(path, team=plan.team, zone=plan.zone)
    assert (again.kept_until, again.relaxed, again.balances, again.seats) == (
        carrying.kept_until,
        carrying.relaxed,
        carrying.balances,
        carrying.seats,
    )


def test_words_that_no_plan_carries_are_a_fault_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    seat = "2027-03-11T19:01:00-05:00,2027-03-12T08:00:00-05:00,weeknight"
    path.write_text(
        f"start,end,kind,role,engineer,carries\n{seat},primary,ana,thanks\n{seat},secondary,ben,kept_until soon\n"
    )
    with pytest.raises(FileFaults) as refusal:
        read_plan(path)
    assert str(refusal.value).replace(str(path), "plan.csv").splitlines() == [
        'plan.csv:2:75: carries: "thanks" cannot be read; write "balance ana weekend 1.25", '
        '"relaxed rest_nights=1@2027-12-20" or "kept_until 2027-02-15"',
        'plan.csv:3:77: carries: "soon" is not a date; write one like "2027-01-04"',
    ]


def test_json_holds_the_same_and_the_proof(plan: Plan) -> None:
    document = json.loads(json_of(plan))
    assert (document["team"], document["timezone"], document["status"]) == (
        "cas-support",
        "America/New_York",
        "optimal",
    )
    assert (document["first_day"], document["last_day"], document["seed"]) == ("2027-03-11", "2027-03-14", 1)
    assert document["notes"] == ["a note"]
    assert document["fairness"] == {
        "cost": 25,
        "bound": 25,
        "engineers": [
            {
                "engineer": "ana",
                "weight": 2.0,
                "loads": [
                    {"kind": "weekend", "role": "primary", "count": 1, "share": 0.5},
                    {"kind": "weekend", "role": None, "count": 1, "share": 1.0},
                ],
            }
        ],
    }
    assert document["shifts"][2] == {
        "start": "2027-03-12T19:01:00-05:00",
        "end": "2027-03-15T08:00:00-04:00",
        "kind": "weekend",
        "role": "primary",
        "engineer": "ben",
    }


def test_json_has_a_line_per_shift_so_that_two_plans_compare_by_line(plan: Plan) -> None:
    lines = json_of(plan).decode().splitlines()
    assert sum(line.lstrip().startswith('{"start"') for line in lines) == len(plan.seats)


@pytest.mark.parametrize("suffix", [".csv", ".json", ".ics"])
def test_the_same_plan_is_the_same_bytes(plan: Plan, tmp_path: Path, suffix: str) -> None:
    one, other = tmp_path / f"one{suffix}", tmp_path / f"other{suffix}"
    write_plan(plan, one)
    write_plan(plan, other)
    assert one.read_bytes() == other.read_bytes()


def test_a_plan_comes_back_from_json_as_it_went(plan: Plan, tmp_path: Path) -> None:
    write_plan(plan, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == plan


def test_a_plan_comes_back_from_csv_with_the_team_and_zone_that_the_reader_knows(plan: Plan, tmp_path: Path) -> None:
    write_plan(plan, tmp_path / "plan.CSV")
    assert read_plan(tmp_path / "plan.CSV", team="cas-support", zone=NEW_YORK) == Plan(
        "cas-support", NEW_YORK, plan.seats
    )
    assert read_plan(tmp_path / "plan.CSV") == Plan("", ZoneInfo("UTC"), plan.seats)


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
INSTANTS = st.datetimes(datetime(1975, 1, 1), datetime(2150, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
LENGTHS = st.timedeltas(timedelta(microseconds=1), timedelta(days=4))
NUMBERS = st.floats(0, 1e6, allow_nan=False) | st.integers(0, 1000)
LOADS = st.builds(Load, st.sampled_from(KINDS), st.none() | NAMES, st.integers(0, 500), NUMBERS)
FAIRNESSES = st.builds(
    Fairness,
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.lists(st.builds(EngineerFairness, NAMES, NUMBERS, st.lists(LOADS, max_size=3).map(tuple)), max_size=3).map(
        tuple
    ),
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    starts = sorted(draw(st.lists(INSTANTS, max_size=6, unique=True)))
    roles = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    windows = [Window(start, start + draw(LENGTHS)) for start in starts]
    return Plan(
        team=draw(NAMES),
        zone=ZoneInfo(draw(st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]))),
        seats=tuple(
            Seat(window, draw(st.sampled_from(KINDS)), role, draw(NAMES)) for window in windows for role in roles
        ),
        status=draw(st.none() | st.sampled_from(PlanStatus)),
        fairness=draw(st.none() | FAIRNESSES),
        first_day=draw(st.none() | st.dates()),
        last_day=draw(st.none() | st.dates()),
        seed=draw(st.none() | st.integers(0, 10**9)),
        notes=tuple(draw(st.lists(st.text(st.characters(codec="utf-8")), max_size=2))),
    )


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(plan=plans())
def test_whatever_plan_is_written_is_read_again(plan: Plan) -> None:
    assert plan_of_json(json_of(plan).decode(), "plan.json") == plan
    assert plan_of_csv(csv_of(plan).decode(), "plan.csv", team=plan.team, zone=plan.zone).seats == plan.seats


def test_what_a_spreadsheet_makes_of_a_csv_is_still_read(plan: Plan, tmp_path: Path) -> None:
    """A byte order mark, CRLF, other column order, further columns, quotes, spaces, blank lines, shuffled rows."""
    header, *rows = (line.split(",") for line in csv_of(plan).decode().splitlines())
    lines = [["note", *header[::-1]], *(['"late, again"', *row[::-1]] for row in rows[::-1])]
    text = "\ufeff" + "\r\n".join(", ".join(f" {cell}" if i else cell for i, cell in enumerate(li)) for li in lines)
    file = tmp_path / "plan.csv"
    file.write_bytes((text + "\r\n\r\n").encode())
    assert sorted(read_plan(file).seats, key=lambda s: (s.window.start, s.role)) == list(plan.seats)


def test_each_seat_is_one_event_in_utc_whose_uid_outlives_a_swap(plan: Plan) -> None:
    feed = ics_of(plan, {"ana": "Ana Pereira"})
    assert all(len(line) <= 75 for line in feed.split(b"\r\n"))
    events = icalendar.Calendar.from_ical(feed).events
    assert [str(event["SUMMARY"]) for event in events] == [
        "Ana Pereira: primary on call (weeknight)",
        "ben: secondary on call (weeknight)",
        "ben: primary on call (weekend)",
        "Ana Pereira: secondary on call (weekend)",
    ]
    assert (events[2].start, events[2].end) == (plan.seats[2].window.start, plan.seats[2].window.end)
    assert b"DTSTART:20270313T000100Z\r\nDTEND:20270315T120000Z" in feed
    assert str(events[2]["UID"]) == "20270312-weekend-primary@cas-support.oncall"
    assert b"RRULE" not in feed
    swapped = Plan(plan.team, plan.zone, tuple(Seat(s.window, s.kind, s.role, "cleo") for s in plan.seats))
    again = icalendar.Calendar.from_ical(ics_of(swapped)).events
    assert [event["UID"] for event in again] == [event["UID"] for event in events]


def test_an_empty_plan_can_be_written_in_every_format(tmp_path: Path) -> None:
    empty = Plan("cas-support", NEW_YORK, ())
    for suffix in ("csv", "json", "ics"):
        write_plan(empty, tmp_path / f"plan.{suffix}")
    assert read_plan(tmp_path / "plan.json") == empty
    assert read_plan(tmp_path / "plan.csv").seats == ()


def test_another_suffix_is_refused_with_those_that_work(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        write_plan(plan, tmp_path / "plan.txt")
    assert str(refusal.value) == (
        f"{tmp_path}/plan.txt: a plan is written as .csv, .json or .ics; give the file one of these endings"
    )


def test_a_plan_that_cannot_be_written_leaves_what_was_there_and_nothing_else(plan: Plan, tmp_path: Path) -> None:
    folder = tmp_path / "plan.csv"
    folder.mkdir()
    with pytest.raises(Refused) as refusal:
        write_plan(plan, folder)
    assert str(refusal.value) == f"{folder}: cannot be written: Is a directory; nothing was changed"
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_that_is_not_there_is_said_so(plan: Plan, tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "plan.csv"
    with pytest.raises(Refused) as refusal:
        write_plan(plan, file)
    assert str(refusal.value) == f"{file}: cannot be written: No such file or directory; nothing was changed"


def test_a_link_to_a_plan_stays_a_link(plan: Plan, tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    link.symlink_to(real)
    write_plan(plan, link)
    assert link.is_symlink()
    assert read_plan(real).seats == plan.seats


def test_a_written_plan_has_the_permissions_of_any_new_file(plan: Plan, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.touch()
    write_plan(plan, tmp_path / "plan.csv")
    assert (tmp_path / "plan.csv").stat().st_mode == other.stat().st_mode


def make_nothing(file: Path) -> None:
    """Return the path of a file that does not exist."""


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("plan.csv", make_nothing, "there is no such file"),
        ("plan.json", Path.mkdir, "is a folder; name a file in it"),
        ("plan.xls", Path.touch, "a plan file ends in .csv or .json"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_so(
    tmp_path: Path, name: str, make: Callable[[Path], None], message: str
) -> None:
    make(tmp_path / name)
    with pytest.raises(FileFaults) as refusal:
        read_plan(tmp_path / name)
    assert str(refusal.value) == f"{tmp_path / name}: {message}"


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "plan.csv"
    with file.open("wb") as sparse:
        sparse.truncate(MOST_MIB * MIB + 1)
    with pytest.raises(FileFaults) as refusal:
        read_plan(file)
    assert str(refusal.value) == f"{file}: is larger than 16 MiB, the most that is read"
