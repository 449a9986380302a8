"""Calendar feeds, as the icalendar library reads them: stable UIDs, and a SEQUENCE that rises when a shift changes."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.schedule.calendar_feed import feed_of, ics_of
from oncall.schedule.ics_text import CalendarEvent, ics_text
from oncall.schedule.plan import Plan
from oncall.schedule.shift_changes import ShiftChanges
from oncall.support.windows import Window
from tests.schedule.conftest import PEOPLE, Published, local, make_roster, round_robin, span

NOW = local("2027-01-05T12:00")
MONDAY = "20270104-weeknight-primary@cas-support.oncall"
WEEKEND = "20270108-weekend-primary@cas-support.oncall"


def feed(published: Published, engineer: str | None = None, now: datetime = NOW) -> bytes:
    schedule = published.schedule
    changes = ShiftChanges().after(published.rows, schedule.fallback)
    return feed_of(schedule, changes, engineer, now).text(now)


def events_in(published: Published, engineer: str | None = None) -> dict[str, icalendar.Event]:
    """The events by UID, as a subscriber's library reads them."""
    events = icalendar.Calendar.from_ical(feed(published, engineer)).events
    found = {str(event["UID"]): event for event in events}
    assert len(found) == len(events)
    return found


def sequence(event: icalendar.Event) -> int:
    return int(str(event["SEQUENCE"]))


def test_each_shift_is_one_event_in_utc_with_all_that_readers_need(published: Published) -> None:
    monday = events_in(published)[MONDAY]
    assert (monday.start, monday.end) == (local("2027-01-04T19:01"), local("2027-01-05T08:00"))
    assert str(monday["SUMMARY"]) == "Ana: primary on call (weeknight)"
    assert str(monday["TRANSP"]) == "TRANSPARENT"
    assert monday.decoded("DTSTAMP") == NOW
    assert monday.decoded("LAST-MODIFIED") == published.rows[0].at
    raw = feed(published)
    assert b"RRULE" not in raw
    assert raw.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))


def test_an_engineer_s_feed_holds_their_shifts_alone(published: Published) -> None:
    shifts = published.schedule.assignments_of("ben", local("2027-01-01T00:00"), local("2027-03-01T00:00"))
    events = events_in(published, "ben").values()
    assert [(event.start, event.end) for event in events] == [(one.window.start, one.window.end) for one in shifts]
    assert b"X-WR-CALNAME:On call: Ben\r\n" in feed(published, "ben")


def test_a_shift_that_changes_hands_keeps_its_uid_and_rises(published: Published) -> None:
    before = events_in(published)
    published.override(span("2027-01-08T19:01", "2027-01-11T08:00"), "primary", "dev")
    after = events_in(published)
    assert set(after) == set(before)
    assert str(after[WEEKEND]["SUMMARY"]) == "Dev: primary on call (weekend)"
    assert sequence(after[WEEKEND]) > sequence(before[WEEKEND])
    assert after[WEEKEND].decoded("LAST-MODIFIED") == published.rows[-1].at
    assert [uid for uid in after if sequence(after[uid]) != sequence(before[uid])] == [WEEKEND]


def test_a_shift_whose_hours_move_keeps_its_uid_and_rises(published: Published, january: Plan) -> None:
    before = events_in(published)
    weekend, moved = span("2027-01-08T19:01", "2027-01-11T08:00"), span("2027-01-08T18:01", "2027-01-11T08:00")
    seats = tuple(replace(seat, window=moved) if seat.window == weekend else seat for seat in january.seats)
    published.publish(replace(january, seats=seats), at="2026-12-20")
    after = events_in(published)
    assert set(after) == set(before)
    assert after[WEEKEND].start == local("2027-01-08T18:01")
    assert sequence(after[WEEKEND]) > sequence(before[WEEKEND])
    assert sequence(after[MONDAY]) == sequence(before[MONDAY])


def test_shifts_that_move_across_midnight_keep_their_uids(published: Published, january: Plan) -> None:
    before = events_in(published)
    later = timedelta(hours=5, minutes=29)
    seats = tuple(replace(seat, window=Window(seat.window.start + later, seat.window.end)) for seat in january.seats)
    published.publish(replace(january, seats=seats), at="2026-12-20")
    after = events_in(published)
    assert set(after) == set(before)
    tuesday = MONDAY.replace("0104", "0105")
    assert after[tuesday].start == local("2027-01-06T00:30")
    # The new plan begins with its own first shift, so the first evening stays that of the old one.
    assert all(sequence(after[uid]) > sequence(before[uid]) for uid in before if not uid.startswith("20270104"))
    published.publish(january, at="2026-12-21")
    assert {uid: event.start for uid, event in events_in(published).items()} == {
        uid: event.start for uid, event in before.items()
    }


def test_the_parts_of_a_shift_are_events_of_their_own(published: Published) -> None:
    published.override(span("2027-01-09T12:00", "2027-01-10T00:00"), "primary", "cleo")
    found = events_in(published)
    second, third = (WEEKEND.replace("primary", f"primary.{number}") for number in (2, 3))
    assert [str(found[uid]["SUMMARY"])[:4] for uid in (WEEKEND, second, third)] == ["Ana:", "Cleo", "Ana:"]
    assert found[WEEKEND].end == found[second].start == local("2027-01-09T12:00")
    assert second in events_in(published, "cleo")


def test_publishing_the_same_plan_again_changes_no_event(published: Published, january: Plan) -> None:
    before = events_in(published)
    published.publish(january, at="2026-12-20")
    assert {uid: sequence(event) for uid, event in events_in(published).items()} == {
        uid: sequence(event) for uid, event in before.items()
    }


def test_a_shift_that_is_taken_back_rises_again(published: Published) -> None:
    weekend = span("2027-01-08T19:01", "2027-01-11T08:00")
    seen = [sequence(events_in(published)[WEEKEND])]
    for engineer in ("dev", "ana"):
        published.override(weekend, "primary", engineer)
        seen.append(sequence(events_in(published)[WEEKEND]))
    assert seen[0] < seen[1] < seen[2]


def test_an_undo_restores_the_events_and_they_rise(published: Published) -> None:
    before = events_in(published)
    published.override(span("2027-01-08T19:01", "2027-01-11T08:00"), "primary", "dev")
    swapped = sequence(events_in(published)[WEEKEND])
    published.undo(2)
    after = events_in(published)
    assert [str(event["SUMMARY"]) for event in after.values()] == [str(event["SUMMARY"]) for event in before.values()]
    assert sequence(after[WEEKEND]) > swapped
    published.undo(1)
    assert events_in(published) == {}


def test_two_changes_in_one_second_and_a_clock_that_is_set_back_still_rise(published: Published) -> None:
    seen = []
    for engineer, at in (("dev", "2026-12-05"), ("cleo", "2026-12-05"), ("ben", "2026-12-03")):
        published.override(span("2027-01-08T19:01", "2027-01-11T08:00"), "primary", engineer)
        published.rows[-1] = replace(published.rows[-1], at=local(f"{at}T00:00"))
        event = events_in(published)[WEEKEND]
        seen.append((sequence(event), event.decoded("LAST-MODIFIED")))
    assert seen == sorted(set(seen))


def test_a_team_that_is_renamed_keeps_its_feed(published: Published) -> None:
    before = events_in(published)
    published.roster = replace(published.roster, team="support")
    published.publish(round_robin(published.roster, date(2027, 2, 1), date(2027, 2, 7)), at="2026-12-20")
    after = events_in(published)
    assert len(after) > len(before)
    renamed = after[MONDAY.replace("cas-support", "support")]
    assert sequence(renamed) == sequence(before[MONDAY])


def test_the_events_of_a_schedule_are_made_once(published: Published) -> None:
    changes, schedule = ShiftChanges(), published.schedule
    assert changes.events(schedule) is changes.events(schedule)
    published.override(span("2027-01-08T19:01", "2027-01-11T08:00"), "primary", "dev")
    assert changes.events(published.schedule) != changes.events(schedule)


def test_a_cancelled_shift_is_gone(published: Published) -> None:
    assert "20270118-holiday-primary@cas-support.oncall" in events_in(published)
    plain = make_roster(holidays=None)
    published.roster = plain
    published.publish(round_robin(plain, date(2027, 1, 11), date(2027, 1, 31)), at="2026-12-20")
    found = events_in(published)
    assert "20270118-holiday-primary@cas-support.oncall" not in found
    assert "20270118-weeknight-primary@cas-support.oncall" in found


def test_shifts_stay_for_a_year_and_then_leave(published: Published) -> None:
    assert MONDAY.encode()[:20] in feed(published, now=local("2027-12-31T00:00"))
    assert MONDAY.encode()[:20] not in feed(published, now=local("2028-01-07T00:00"))


def test_an_override_s_reason_is_not_in_the_feed(published: Published) -> None:
    published.override(span("2027-01-08T19:01", "2027-01-11T08:00"), "primary", "dev", reason="ana is in hospital")
    assert b"hospital" not in feed(published)


def test_the_etag_changes_with_the_schedule_and_not_with_the_time(published: Published) -> None:
    def etag(now: datetime) -> str:
        schedule = published.schedule
        return feed_of(schedule, ShiftChanges().after(published.rows, schedule.fallback), None, now).etag

    first = etag(NOW)
    assert etag(NOW + timedelta(days=2)) == first
    published.override(span("2027-01-08T19:01", "2027-01-11T08:00"), "primary", "dev")
    assert etag(NOW) != first


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_feed_says_what_who_says_at_random_minutes(seed: int) -> None:
    chance = random.Random(seed)
    published = Published(make_roster())
    published.publish(round_robin(published.roster, date(2027, 1, 4), date(2027, 1, 31)))
    changes, begins = ShiftChanges(), local("2027-01-04T00:00")
    for _ in range(chance.randrange(5)):
        kind = chance.random()
        if kind < 0.2 and published.rows[-1].kind == "override":
            published.undo(len(published.rows))
        elif kind < 0.4:
            first = date(2027, 1, 4) + timedelta(days=7 * chance.randrange(3))
            people = tuple(chance.sample(PEOPLE, len(PEOPLE)))
            published.publish(round_robin(published.roster, first, date(2027, 1, 31), people=people))
        else:
            start = begins + timedelta(minutes=chance.randrange(30 * 24 * 60))
            window = Window(start, start + timedelta(minutes=chance.randrange(1, 4000)))
            published.override(window, chance.choice(("primary", "secondary")), chance.choice(PEOPLE))
        changes.after(published.rows, published.schedule.fallback)
    schedule = published.schedule
    text = feed_of(schedule, changes.after(published.rows, schedule.fallback), None, NOW).text(NOW)
    events = icalendar.Calendar.from_ical(text).events
    assert len({str(event["UID"]) for event in events}) == len(events)
    for _ in range(40):
        at = begins + timedelta(minutes=chance.randrange(30 * 24 * 60))
        said = {(role, holder.engineer) for role, holder in schedule.who(at).roles.items()}
        shown = {
            (str(event["SUMMARY"]).split()[1], str(event["SUMMARY"]).partition(":")[0].lower())
            for event in events
            if event.start <= at < event.end
        }
        assert shown == said, at


def test_an_incremental_look_finds_the_same_changes_as_a_whole_one(published: Published) -> None:
    kept = ShiftChanges()
    for engineer in ("dev", "cleo", "ana"):
        kept.after(published.rows, published.schedule.fallback)
        published.override(span("2027-01-08T19:01", "2027-01-09T08:00"), "primary", engineer)
    fallback = published.schedule.fallback
    assert kept.after(published.rows, fallback) == ShiftChanges().after(published.rows, fallback)
    assert kept.after(published.rows[:1], fallback) == ShiftChanges().after(published.rows[:1], fallback)


def test_a_plan_file_of_a_later_day_is_newer_for_calendar_programs(january: Plan) -> None:
    first, later = (
        icalendar.Calendar.from_ical(ics_of(january, stamp=local(day))).events
        for day in ("2026-12-01T00:00", "2026-12-02T00:00")
    )
    for old, new in zip(first, later, strict=True):
        assert old["UID"] == new["UID"]
        assert sequence(new) > sequence(old)
        assert new.decoded("LAST-MODIFIED") == new.decoded("DTSTAMP") == local("2026-12-02T00:00")


def test_a_plan_file_and_the_feed_give_a_shift_the_same_uid(published: Published, january: Plan) -> None:
    in_file = {str(event["UID"]) for event in icalendar.Calendar.from_ical(ics_of(january)).events}
    assert in_file == set(events_in(published))


@pytest.mark.parametrize("name", ["Zoë " * 30, "a,b;c\\d", "line\nbreak", "tab\tbell\a", "日本語" * 20])
def test_any_name_survives_folding_and_escaping(name: str) -> None:
    event = CalendarEvent("u", NOW, NOW + timedelta(hours=1), name, "weeknight", 0, NOW)
    raw = ics_text("x", [event], stamp=NOW)
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    (read,) = icalendar.Calendar.from_ical(raw).events
    assert str(read["SUMMARY"]) == name.replace("\t", "").replace("\a", "")
