"""Calendar files as PagerDuty, Opsgenie and Google export them."""

from __future__ import annotations

from datetime import date

import pytest

from oncall.errors import FileFaults, Refused
from oncall.importing.options import ImportOptions
from tests.importing.conftest import Imported, left_out, seats

PRIMARY = ImportOptions(role="primary")
WEEK = [f"01-0{day} primary ana" for day in (4, 5, 6, 7, 8)]


def calendar(*events: str, head: str = "") -> str:
    """A calendar with these events, each given as its lines."""
    each = "".join(f"BEGIN:VEVENT\nUID:{number}\n{lines}\nEND:VEVENT\n" for number, lines in enumerate(events))
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\n{head}{each}END:VCALENDAR\n"
    return text.replace("\n", "\r\n")


@pytest.mark.parametrize(
    "event",
    [
        # PagerDuty: an event in UTC with the engineer as its attendee.
        "DTSTART:20270104T140000Z\nDTEND:20270111T140000Z\nSUMMARY:On Call - CAS Primary\n"
        "ATTENDEE;CN=Ana P:mailto:ANA@example.com",
        # Opsgenie: the engineer's address in the summary.
        "DTSTART;TZID=America/New_York:20270104T090000\nDTEND;TZID=America/New_York:20270111T090000\n"
        "SUMMARY:ana@example.com - primary_rotation\nCATEGORIES:primary",
        # Google: whole days with a name.
        "DTSTART;VALUE=DATE:20270104\nDTEND;VALUE=DATE:20270111\nSUMMARY:Primary: Ana Pereira",
        # A length, and a time without a zone.
        "DTSTART:20270104T090000\nDURATION:P7D\nSUMMARY:primary Ana",
        # A zone by the name that Windows has for it.
        "DTSTART;TZID=Eastern Standard Time:20270104T090000\nDTEND;TZID=Eastern Standard Time:20270111T090000\n"
        "SUMMARY:primary ana",
    ],
)
def test_an_event_of_a_week_is_every_shift_of_that_week(imported: Imported, event: str) -> None:
    found = imported("rota.ics", calendar(event))
    assert (seats(found), left_out(found)) == (WEEK, [])


def test_the_name_of_the_calendar_or_the_option_gives_the_role(imported: Imported) -> None:
    event = "DTSTART;VALUE=DATE:20270104\nSUMMARY:Ana Pereira"
    assert seats(imported("a.ics", calendar(event, head="X-WR-CALNAME:CAS secondary\n"))) == ["01-04 secondary ana"]
    assert seats(imported("b.ics", calendar(event), PRIMARY)) == ["01-04 primary ana"]
    assert left_out(imported("c.ics", calendar(event))) == [
        'event 1 ("Ana Pereira"): names no role; say the role of such events, like --role primary'
    ]


def test_a_weekly_event_keeps_its_times_of_day_when_the_clocks_change(imported: Imported) -> None:
    event = (
        "DTSTART;TZID=America/New_York:20270305T190000\nDTEND;TZID=America/New_York:20270308T080000\n"
        "RRULE:FREQ=WEEKLY;COUNT=3\nSUMMARY:ana"
    )
    found = imported("rota.ics", calendar(event), PRIMARY)
    assert (seats(found), left_out(found)) == (["03-05 primary ana", "03-12 primary ana", "03-19 primary ana"], [])


def test_dates_taken_out_of_a_rule_and_events_that_replace_one_are_followed(imported: Imported) -> None:
    weekly = (
        "DTSTART;TZID=America/New_York:20270104T190000\nDTEND;TZID=America/New_York:20270105T080000\n"
        "RRULE:FREQ=WEEKLY;UNTIL=20270202T000000Z\nEXDATE;TZID=America/New_York:20270111T190000\nSUMMARY:ana"
    )
    moved = (
        "DTSTART;TZID=America/New_York:20270119T190000\nDTEND;TZID=America/New_York:20270120T080000\n"
        "RECURRENCE-ID;TZID=America/New_York:20270118T190000\nSUMMARY:ben"
    )
    text = calendar(weekly, moved).replace("UID:1", "UID:0")
    found = imported("rota.ics", text, PRIMARY)
    days = ["01-04 primary ana", "01-19 primary ben", "01-25 primary ana", "02-01 primary ana"]
    assert (seats(found), left_out(found)) == (days, [])


def test_a_rule_without_end_needs_the_last_date_to_read(imported: Imported) -> None:
    event = "DTSTART;VALUE=DATE:20270104\nRRULE:FREQ=WEEKLY\nSUMMARY:ana"
    assert left_out(imported("rota.ics", calendar(event), PRIMARY)) == [
        'event 1 ("ana"): repeats without end; add the last date to read, like --until 2027-12-31'
    ]
    until = ImportOptions(role="primary", until=date(2027, 1, 18))
    days = ["01-04 primary ana", "01-11 primary ana", "01-18 primary ana"]
    assert seats(imported("rota.ics", calendar(event), until)) == days


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("SUMMARY:Team dinner", "names nobody on the roster in its summary or as an attendee"),
        (
            "SUMMARY:On Call - Anna Perreira - Primary",
            'names nobody on the roster in its summary or as an attendee; did you mean "Ana Pereira"?',
        ),
        (
            "SUMMARY:Ana Pereira and Ben Okafor",
            '"Ana Pereira and Ben Okafor" may be ana (Ana Pereira) or ben (Ben Okafor); write the id, the whole name '
            "or the e-mail address",
        ),
        (
            "SUMMARY:ben\nATTENDEE:mailto:ana@example.com",
            "has the attendee ana and names ben; correct one of them",
        ),
        ("SUMMARY:ana primary secondary", "names several roles: primary, secondary; export a calendar for each role"),
        ("SUMMARY:ana\nRRULE:FREQ=HOURLY;COUNT=3", "repeats within a day, which is not read; export single events"),
        (
            "SUMMARY:ana\nRDATE;VALUE=DATE:20270106",
            "repeats on dates of its own (RDATE, or several rules), which are not read; export single events",
        ),
        (
            "SUMMARY:ana\nRRULE:FREQ=DAILY;COUNT=99999",
            "repeats for more than 530 weeks; add the last date to read, like --until 2027-12-31",
        ),
    ],
)
def test_an_event_that_cannot_be_read_is_listed_with_its_number(imported: Imported, lines: str, message: str) -> None:
    good = "DTSTART;VALUE=DATE:20270105\nSUMMARY:ana"
    found = imported("rota.ics", calendar(good, f"DTSTART;VALUE=DATE:20270104\n{lines}"), PRIMARY)
    assert [line.partition("): ")[2] for line in left_out(found)] == [message]
    assert left_out(found)[0].startswith('event 2 ("')
    assert seats(found) == ["01-05 primary ana"]


def test_an_event_in_an_unknown_zone_is_listed(imported: Imported) -> None:
    event = "DTSTART;TZID=Mars/Base:20270104T190000\nDTEND;TZID=Mars/Base:20270105T080000\nSUMMARY:ana"
    assert left_out(imported("rota.ics", calendar(event), PRIMARY)) == [
        'event 1 ("ana"): is in the time zone "Mars/Base", which is not known'
    ]


def test_a_cancelled_event_is_not_read(imported: Imported) -> None:
    lines = "DTSTART;VALUE=DATE:20270104\nSUMMARY:ana"
    found = imported("rota.ics", calendar(lines, f"{lines[:-3]}ben\nSTATUS:CANCELLED"), PRIMARY)
    assert (seats(found), left_out(found)) == (["01-04 primary ana"], [])
    assert found.notes[0] == 'event 2 ("ben") is cancelled and not read'


@pytest.mark.parametrize(
    ("text", "message"),
    [("hello", "is not an iCalendar file"), ("", "has no event"), (calendar(), "has no event")],
)
def test_a_file_that_is_no_calendar_is_refused(imported: Imported, text: str, message: str) -> None:
    with pytest.raises(FileFaults) as refusal:
        imported("rota.ics", text)
    assert f"rota.ics: {message}" in str(refusal.value)


def test_an_unknown_role_option_is_refused(imported: Imported) -> None:
    with pytest.raises(Refused, match=r'--role: "primry" is not a role of the roster; did you mean "primary"[?]'):
        imported("rota.ics", calendar(), ImportOptions(role="primry"))


def test_one_engineer_in_two_roles_of_one_shift_is_listed_with_both_events(imported: Imported) -> None:
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{role}\r\nDTSTART:20270105T000100Z\r\nDTEND:20270105T130000Z\r\n"
        f"SUMMARY:{role}: Ben Okafor\r\nEND:VEVENT\r\n"
        for role in ("primary", "secondary")
    )
    found = imported("rota.ics", f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n")
    assert [line.partition(": ben is ")[2][:21] for line in left_out(found)] == ["primary and secondary"] * 2
    assert seats(found) == []
