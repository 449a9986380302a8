"""A team's spreadsheet becomes a plan: every cell is read, or listed with its row."""

from __future__ import annotations

import pytest

from oncall.errors import FileFaults, Refused
from oncall.importing.options import DateOrder, EndDates, ImportOptions
from tests.importing.conftest import Imported, left_out, seats

MONDAY = ["01-04 primary ana", "01-04 secondary ben"]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_separate_cells(imported: Imported, mark: str) -> None:
    found = imported("rota.csv", f"date{mark}primary{mark}secondary\r\n2027-01-04{mark}ana{mark}ben\r\n")
    assert (seats(found), left_out(found)) == (MONDAY, [])


def test_a_byte_order_mark_empty_rows_a_separator_line_and_a_title_are_no_matter(imported: Imported) -> None:
    found = imported("rota.csv", "\ufeffsep=;\nOur rota;;\n\nDate;Primary;SECONDARY\n2027-01-04;ana;ben\n;;\n")
    assert (seats(found), left_out(found)) == (MONDAY, [])


@pytest.mark.parametrize(
    "name", ["ana", "ANA", "Ana Pereira", " ana  pereira ", "Pereira, Ana", "ana@example.COM", "Ana <ana@example.com>"]
)
def test_engineers_are_named_by_id_name_or_address(imported: Imported, name: str) -> None:
    found = imported("rota.csv", f"date;primary\n2027-01-04;{name}\n")
    assert (seats(found)[:1], left_out(found)) == (MONDAY[:1], [])


def test_an_accent_may_be_missing_and_a_first_name_that_only_one_has_is_noted(imported: Imported) -> None:
    found = imported("rota.csv", "date,primary,secondary\n2027-01-04,chloe martin,Ben\n2027-01-05,Ana,Chloé\n")
    assert seats(found) == [
        "01-04 primary cmartin",
        "01-04 secondary ben",
        "01-05 primary ana",
        "01-05 secondary cmartin",
    ]
    assert found.notes == ('"Chloé" is read as cmartin (Chloé Martin), the only engineer of that first name',)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (
            "Sam",
            '"Sam" may be sam-a (Sam Adams) or sam-b (Sam Brown); write the id, the whole name or the e-mail address',
        ),
        ("Bem Okafor", '"Bem Okafor" is not on the roster; did you mean "Ben Okafor"?'),
        (
            "Zoe",
            '"Zoe" is not on the roster; write one of Ana Pereira, Ben Okafor, Chloé Martin, Sam Adams, Sam Brown',
        ),
        ("Mei Lin", '"Mei Lin" is the manager, who takes no shifts'),
        ("", "is empty; write an engineer of the roster"),
    ],
)
def test_a_cell_that_names_no_engineer_is_listed_with_its_row(imported: Imported, cell: str, message: str) -> None:
    found = imported("rota.csv", f"date,primary,secondary\n2027-01-04,ana,{cell}\n")
    assert left_out(found) == [f"row 2, secondary: {message}"]
    assert seats(found) == MONDAY[:1]


@pytest.mark.parametrize(
    "written",
    ["2027-01-13", "2027/1/13", "01/13/2027", "13.01.2027", "13 Jan 2027", "January 13, 2027", "Wed, 13 January 2027"],
)
def test_a_date_is_read_as_people_write_it(imported: Imported, written: str) -> None:
    assert seats(imported("rota.csv", f'date;primary\n"{written}";ana\n')) == ["01-13 primary ana"]


def test_one_date_decides_for_the_whole_file_and_is_named(imported: Imported) -> None:
    found = imported("rota.csv", "date,primary\n01/05/2027,ana\n01/13/2027,ben\n")
    assert seats(found) == ["01-05 primary ana", "01-13 primary ben"]
    assert 'dates are read with the month first, as "01/13/2027" (row 3) shows' in found.notes


def test_dates_that_nothing_decides_are_a_question_that_an_option_answers(imported: Imported) -> None:
    content = "date,primary\n01/05/2027,ana\n02/05/2027,ben\n"
    with pytest.raises(Refused) as refusal:
        imported("rota.csv", content)
    assert str(refusal.value).endswith(
        'rota.csv: row 2: "01/05/2027" may be 5 January 2027 or 1 May 2027, and no date of the file decides it; '
        "add --dates us if the month comes first, or --dates eu if the day does"
    )
    assert seats(imported("rota.csv", content, ImportOptions(dates=DateOrder.US)))[0] == "01-05 primary ana"
    assert left_out(imported("rota.csv", content, ImportOptions(dates=DateOrder.ISO)))[0] == (
        'row 2: "01/05/2027" is not written as year, month, day; write "2027-01-05" (5 January) or "2027-05-01" (1 May)'
    )


def test_dates_in_both_orders_are_refused_with_one_of_each(imported: Imported) -> None:
    with pytest.raises(Refused) as refusal:
        imported("rota.csv", "date,primary\n01/13/2027,ana\n14/01/2027,ben\n")
    assert str(refusal.value).endswith(
        'rota.csv: "01/13/2027" (row 2) has the month first and "14/01/2027" (row 3) the day first; '
        "write all dates like 2027-01-04"
    )


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("soon", '"soon" is not a date; write one like "2027-01-04"'),
        ("2027-02-30", '"2027-02-30" is not a date; February 2027 has 28 days'),
        ("", 'has no date; write one like "2027-01-04"'),
        ("Mon 2027-01-05", '"Mon 2027-01-05": 2027-01-05 is a Tuesday; correct one of the two'),
        ("1/4/27", '"1/4/27" is not a date; write "2027-01-04" (4 January) or "2027-04-01" (1 April)'),
        ("1815-06-18", '"1815-06-18" is outside the years 1971 to 2198'),
        ("2027-01-09", "no shift starts on Saturday 2027-01-09; it is in the weekend shift of Fri 2027-01-08 19:01"),
    ],
)
def test_a_date_that_is_none_or_has_no_shift_is_listed_with_its_row(
    imported: Imported, written: str, message: str
) -> None:
    found = imported("rota.csv", f"date,primary\n2027-01-04,ana\n{written},ben\n")
    assert [line.partition(": ")[2] for line in left_out(found)] == [message]
    assert left_out(found)[0].startswith("row 3")
    assert seats(found) == MONDAY[:1]


def test_the_days_of_a_weekend_that_the_same_engineer_has_say_nothing_new(imported: Imported) -> None:
    found = imported("rota.csv", "date,primary\n2027-01-08,ana\n2027-01-09,ana\n2027-01-10,ana\n")
    assert (seats(found), left_out(found)) == (["01-08 primary ana"], [])


def test_start_and_end_take_every_shift_between_them(imported: Imported) -> None:
    found = imported("rota.csv", "start,end,primary\n2027-01-04 9:00 AM,2027-01-11 9:00 AM,ana\n")
    assert seats(found) == [f"01-0{day} primary ana" for day in (4, 5, 6, 7, 8)]
    assert left_out(found) == []


def test_the_long_form_has_a_row_for_each_role(imported: Imported) -> None:
    rows = "2027-01-04T19:01:00-05:00,2027-01-05T08:00:00-05:00"
    found = imported("rota.csv", f"start,end,role,engineer\n{rows},Primary,ana\n{rows},secondary,ben\n")
    assert (seats(found), left_out(found)) == (MONDAY, [])


def test_rows_of_one_engineer_that_follow_each_other_hold_a_shift_together(imported: Imported) -> None:
    days = "".join(f"2027-01-0{day} 17:00,2027-01-{day + 1:02} 17:00,ana\n" for day in (8, 9))
    found = imported("rota.csv", f"start,end,primary\n{days}2027-01-10 17:00,2027-01-11 17:00,ana\n")
    assert (seats(found), left_out(found)) == (["01-08 primary ana"], [])


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (
            "2027-01-05 06:00",
            "ana has only a part of the weeknight shift from Mon 2027-01-04 19:01 to Tue 2027-01-05 08:00, and a shift "
            "has one engineer in a role",
        ),
        ("2027-01-04 19:00", "no on-call time is between Mon 2027-01-04 18:00 and Mon 2027-01-04 19:00"),
        ("2027-01-04 18:00", 'the end, "2027-01-04 18:00", is not after the start, "2027-01-04 18:00"'),
        ("2027-01-05", '"2027-01-04 18:00" and "2027-01-05": write both with a time, or both without'),
    ],
)
def test_a_span_that_holds_no_whole_shift_is_listed(imported: Imported, end: str, message: str) -> None:
    found = imported("rota.csv", f"start,end,primary\n2027-01-04 18:00,{end},ana\n")
    assert [line.partition(": ")[2] for line in left_out(found)] == [message]


def test_ends_without_a_time_are_read_as_the_next_starts_show(imported: Imported) -> None:
    handoffs = imported("rota.csv", "start,end,primary\n2027-01-04,2027-01-06,ana\n2027-01-06,2027-01-08,ben\n")
    assert seats(handoffs) == ["01-04 primary ana", "01-05 primary ana", "01-06 primary ben", "01-07 primary ben"]
    last_days = imported("rota.csv", "start,end,primary\n2027-01-04,2027-01-05,ana\n2027-01-06,2027-01-07,ben\n")
    assert seats(last_days) == seats(handoffs)
    assert "an end without a time is the last day of its span, as the next starts show" in last_days.notes


def test_an_end_without_a_time_that_nothing_explains_is_a_question(imported: Imported) -> None:
    content = "start,end,primary\n2027-01-04,2027-01-06,ana\n"
    assert left_out(imported("rota.csv", content)) == [
        'row 2: "2027-01-06" may be the last day or the day of the handoff; add --ends last-day or --ends handoff'
    ]
    assert len(seats(imported("rota.csv", content, ImportOptions(ends=EndDates.LAST_DAY)))) == 3
    assert len(seats(imported("rota.csv", content, ImportOptions(ends=EndDates.HANDOFF)))) == 2


def test_two_engineers_for_one_seat_are_both_listed_and_neither_is_taken(imported: Imported) -> None:
    found = imported("rota.csv", "date,primary\n2027-01-04,ana\n2027-01-04,ben\n2027-01-05,ana\n")
    assert left_out(found) == [
        "row 2, primary: ana is primary of the shift of Mon 2027-01-04 19:01, and row 3, primary says ben; "
        "keep one of them",
        "row 3, primary: ben is primary of the shift of Mon 2027-01-04 19:01, and row 2, primary says ana; "
        "keep one of them",
    ]
    assert seats(found) == ["01-05 primary ana"]


def test_a_role_that_the_roster_does_not_have_is_listed(imported: Imported) -> None:
    long = imported("rota.csv", "date,role,engineer\n2027-01-04,primry,ana\n2027-01-05,,ana\n2027-01-06,primary,ana\n")
    assert left_out(long) == [
        'row 2, role: "primry" is not a role of the roster; did you mean "primary"?',
        "row 3, role: is empty; write one of primary, secondary",
    ]
    wide = imported("rota.csv", "date,primary,secondry,notes\n2027-01-04,ana,ben,hello\n")
    assert left_out(wide) == ['row 1: "secondry" is not a role of the roster; did you mean "secondary"?']
    assert "columns that are not read: notes" in wide.notes


def test_seats_that_no_row_fills_are_counted(imported: Imported) -> None:
    found = imported("rota.csv", "date,primary,secondary\n2027-01-04,ana,ben\n2027-01-06,ana,ben\n")
    assert found.notes == (
        "2 seats have no engineer from 2027-01-04 to 2027-01-06; the first is primary of the shift of "
        "Tue 2027-01-05 19:01",
    )


@pytest.mark.parametrize(
    ("first_line", "message"),
    [
        (
            "Datum,Wer",
            "row 1: no column is known by its heading; write one of these as the first row: date,primary,secondary · "
            "start,end,primary,secondary · start,end,role,engineer; found Datum, Wer",
        ),
        (
            "date,engineer",
            "row 1: no column says the role; add a column role, or say it for all rows: --role primary",
        ),
        ("date,Name,Person,role", 'row 1: "Name" and "Person" may both be the engineer; keep one of them'),
        (
            "date,start,end,primary",
            "row 1: there is a date and a start or end; keep the date alone, or both others",
        ),
    ],
)
def test_headings_that_are_unclear_are_refused_with_what_to_write(
    imported: Imported, first_line: str, message: str
) -> None:
    with pytest.raises(Refused) as refusal:
        imported("rota.csv", f"{first_line}\n2027-01-04,ana,ben,chloe\n")
    assert str(refusal.value).partition("rota.csv: ")[2] == message


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "rota.csv",
            "date,primary\n2027-01-04,Chlo\xe9\n".encode("latin-1"),
            "is not UTF-8 (byte 0xe9); save the file",
        ),
        ("rota.csv", b"", "is empty"),
        ("rota.csv", b"date,primary\n" + b"2027-01-04,ana\n" * 20_001, "has more than 20,000 rows"),
        ("rota.csv", b"x" * (8 * 1024 * 1024 + 1), "is larger than 8 MiB, the most that is read"),
        ("rota.pdf", b"x", "a rota is read from .csv, .tsv, .xlsx or .ics; save it as one of these"),
        ("rota.xlsx", b"x", "is not an XLSX workbook; save it as .xlsx without a password, or as .csv"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(imported: Imported, name: str, content: bytes, message: str) -> None:
    with pytest.raises(FileFaults) as refusal:
        imported(name, content)
    assert message in str(refusal.value)


def test_dates_over_more_weeks_than_a_plan_may_have_are_refused(imported: Imported) -> None:
    with pytest.raises(Refused, match="the dates are from 2027-01-04 to 2047-01-04, more than 530 weeks; correct them"):
        imported("rota.csv", "date,primary\n2027-01-04,ana\n2047-01-04,ben\n")


def test_one_engineer_in_two_roles_of_one_shift_is_listed_with_the_row(imported: Imported) -> None:
    found = imported("rota.csv", "date,primary,secondary\n2027-01-04,ben,ben\n2027-01-05,ana,ben\n")
    words = (
        "ben is primary and secondary of the shift of Mon 2027-01-04 19:01, and an engineer has one role of a shift; "
        "name another engineer for one of them"
    )
    assert left_out(found) == [f"row 2, primary: {words}", f"row 2, secondary: {words}"]
    assert seats(found) == ["01-05 primary ana", "01-05 secondary ben"]


def test_one_engineer_in_two_roles_of_a_span_is_listed_for_each_shift(imported: Imported) -> None:
    found = imported("rota.csv", "start,end,primary,secondary\n2027-01-04 09:00,2027-01-06 09:00,ben,Ben Okafor\n")
    assert len(left_out(found)) == 4
    assert seats(found) == []


def test_one_row_a_week_gets_a_hint_how_to_write_whole_weeks(imported: Imported) -> None:
    found = imported("rota.csv", "Date,Primary,Secondary\n2027-01-04,ana,ben\n2027-01-11,ben,ana\n")
    assert found.notes[0] == (
        "there is one date a week, and a date stands for the one shift that starts on it; if a row is for a whole "
        "week, give start and end columns: start,end and the roles"
    )
    every = "".join(f"2027-01-0{day},ana\n" for day in (4, 5, 6, 7, 8))
    assert not [note for note in imported("rota.csv", f"date,primary\n{every}").notes if "one date a week" in note]


@pytest.mark.parametrize("heading", ["Week of", "week", "Week commencing", "W/C"])
def test_a_heading_for_weeks_asks_for_start_and_end(imported: Imported, heading: str) -> None:
    with pytest.raises(Refused) as refusal:
        imported("rota.csv", f"{heading},primary,secondary\n2027-01-04,ana,ben\n")
    assert str(refusal.value).endswith(
        f'rota.csv: row 1: "{heading}" gives one day for a whole week, and does not say when the week ends; give start '
        "and end columns: start,end,primary,secondary"
    )


@pytest.mark.parametrize("cell", ["Ana / Ben", "Ana & Ben", "Ana Pereira, Ben Okafor", "ana (swap w/ ben)"])
def test_a_cell_that_names_two_engineers_is_listed_with_both(imported: Imported, cell: str) -> None:
    found = imported("rota.csv", f'date,primary\n2027-01-04,"{cell}"\n')
    assert left_out(found) == [
        f'row 2, primary: "{cell}" names ana, ben, and a seat has one engineer; keep one of them, or give each a row '
        "with a start and an end"
    ]


def test_a_number_of_a_spreadsheet_in_place_of_a_date_is_explained(imported: Imported) -> None:
    found = imported("rota.csv", "date,primary\n46391,ana\n")
    assert left_out(found) == [
        'row 2: "46391" is the number by which a spreadsheet keeps 2027-01-04; show the column as dates, or write '
        "2027-01-04"
    ]


def test_a_time_with_the_abbreviation_of_a_zone_asks_for_the_offset(imported: Imported) -> None:
    found = imported("rota.csv", "start,end,primary\n2027-01-05 19:01 EST,2027-01-06 08:00 EST,ana\n")
    assert left_out(found) == [
        'row 2: "2027-01-05 19:01 EST" is not a date, or a date and a time; write the offset from UTC in place of EST, '
        'like "2027-01-05T19:01-05:00"'
    ]


def test_dates_and_times_in_two_columns_are_asked_for_in_one(imported: Imported) -> None:
    with pytest.raises(Refused) as refusal:
        imported(
            "rota.csv", "Start Date,Start Time,End Date,End Time,primary\n01/13/2027,7:01 PM,01/14/2027,8 AM,ana\n"
        )
    assert str(refusal.value).endswith(
        'rota.csv: row 1: "Start Date" and "Start Time" are two columns; write date and time in one column "start", '
        "like 2027-01-04 19:01"
    )
