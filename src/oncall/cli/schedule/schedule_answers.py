"""Prints the answers of `who`, `shifts` and `next`, from the local database or a server, as text or JSON.

Imports no typer and no database driver, because these commands must be fast at night; `quick_answers` calls them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from oncall.cli.backends.server import named_or_own, open_server
from oncall.cli.terminal.output import parse_time, print_json, print_rows, print_table, say, tell, time_of
from oncall.errors import NotFound, Refused, StoreUnavailable

if TYPE_CHECKING:
    from oncall.cli.backends.remote_backend import RemoteBackend
    from oncall.schedule.schedule import Schedule
    from oncall.schedule.schedule_view_types import LocalAssignmentView, OnCallView
    from oncall.store.quick_read import QuickSchedule
    from oncall.wiring import Settings

NOT_PUBLISHED = "no schedule is published yet; make one with `oncall generate` and `oncall publish`"
FAR = timedelta(days=800)
INSTANT = timedelta(microseconds=1)
LONGEST_BUSINESS = timedelta(days=15)
"""Longer than business hours and the shift before them together; each takes at most a week."""


def who(at: str | None = None, *, json: bool = False) -> None:
    """Print who is on call in every role. at: a time, as the user wrote it; None: now."""
    view = _who_view(at)
    if json:
        print_json(view)
    else:
        _print_who(view)
    if view["missing"]:
        raise NotFound(_gap_words(view))


def _gap_words(view: OnCallView) -> str:
    missing, begins = " or ".join(view["missing"]), view.get("schedule_begins")
    if begins is not None and datetime.fromisoformat(view["at"]) < datetime.fromisoformat(begins):
        begins = time_of(begins, ZoneInfo(view["timezone"]))
        words = f"NOBODY IS ON CALL as {missing}: the published schedule begins on {begins}"
    else:
        words = f"GAP IN THE SCHEDULE: nobody is on call as {missing}"
    if view["roles"]:
        return words
    return words + (
        "; pages go to the manager at once" if view.get("manager") else "; no manager is on the roster either"
    )


def _who_view(at: str | None) -> OnCallView:
    from oncall import wiring

    settings = wiring.read_settings()
    server = open_server(settings)
    if server is not None:
        return server.oncall(parse_time("--at", at, server.zone()) if at else None)
    from oncall.schedule.schedule_views import oncall_view
    from oncall.support.windows import Window

    published = published_schedule(settings)
    moment = parse_time("--at", at, published.zone) if at else wiring.make_clock(settings).now()
    # Business hours name the people of the shift before them, which may be days ago.
    start = moment - LONGEST_BUSINESS if published.is_business_at(moment) else moment
    return oncall_view(published.within(Window(start, moment + INSTANT)), moment)


def _print_who(view: OnCallView) -> None:
    zone = ZoneInfo(view["timezone"])
    at, ends = time_of(view["at"], zone), time_of(view["window_ends"], zone)
    if view["window"] == "business":
        say(f"{at}: business hours until {ends}. The support desk has the tickets.")
        _print_after_desk(view)
        return
    say(f"{at}: on call, {view['window']} until {ends}.")
    rows = [
        [
            role,
            f"{duty.get('name', duty['engineer'])} ({duty['engineer']})",
            f"until {time_of(duty['until'], zone)}",
            f"{time_of(duty['until'], ZoneInfo(duty['timezone']))} in {duty['timezone']}"
            if duty.get("timezone", view["timezone"]) != view["timezone"]
            else "",
            f"override: {duty['override']}" if "override" in duty else "",
        ]
        for role, duty in view["roles"].items()
    ]
    print_rows([*rows, *([role, "NOBODY", "", "", ""] for role in view["missing"])])


def _print_after_desk(view: OnCallView) -> None:
    """Print who will be paged if the support desk does not take an urgent ticket in time."""
    people = [
        f"{held['name']} ({held['engineer']}, {role})" if "name" in held else f"{held['engineer']} ({role})"
        for role, held in view.get("after_desk", {}).items()
    ]
    if people:
        say(f"If nobody there takes an Urgent or High ticket in time, the pages go to {', '.join(people)}.")
    elif view["manager"]:
        say("If nobody there takes an Urgent or High ticket in time, the pages go to the manager.")
    else:
        say("If nobody there takes an Urgent or High ticket in time, no page goes out: the schedule names nobody.")


def shifts(
    engineer: str | None = None, start: str | None = None, end: str | None = None, *, json: bool = False
) -> None:
    """Print an engineer's shifts. start, end: dates, as the user wrote them; None: today, and the end of the schedule.

    engineer: an id; None for the engineer at this terminal.
    """
    engineer, found, _ = shifts_of(engineer, start, end)
    if json:
        print_json({"shifts": found})
    elif not found:
        tell(f"{engineer} has no shifts in that time.")
    else:
        _print_shifts(found)


def shifts_of(
    engineer: str | None, start: str | None, end: str | None, *, server: RemoteBackend | None = None
) -> tuple[str, list[LocalAssignmentView], datetime]:
    """Return the engineer's id, their shifts, and the present time (aware UTC).

    engineer: None for the engineer at this terminal. start, end: dates, as the user wrote them. server: the server to
    ask; None for the one of the settings, if any.
    """
    from oncall import wiring

    settings = wiring.read_settings()
    server = server or open_server(settings)
    person = named_or_own(engineer, settings, server)
    if server is not None:
        now, zone = server.now(), server.zone()
        first, last = span_of(start, end, zone, now)
        found = [shift for shift in server.schedule(first, last) if shift["engineer"] == person]
        if engineer is not None and not found:
            _refuse_stranger_to(server, person, now)
        return person, found, now
    from oncall.schedule.schedule_views import own_assignment_view
    from oncall.support.windows import Window

    published = published_schedule(settings)
    now = wiring.make_clock(settings).now()
    refuse_stranger(person, published.within(Window(now, now + INSTANT)))
    first, last = span_of(start, end, published.zone, now)
    schedule = published.within(Window(first, last))
    return person, [own_assignment_view(turn, schedule) for turn in schedule.assignments_of(person, first, last)], now


def span_of(start: str | None, end: str | None, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """Return the span (aware UTC) between two dates as the user wrote them, with the last date included.

    None means today for `start`, and a time in the far future for `end`. Raises BadParameter for a text that is not a
    date, and Refused if the last date is before the first one.
    """
    from oncall.cli.terminal.option_values import date_of
    from oncall.support.calendar import LAST_DAY, refuse_outside_years

    today = now.astimezone(zone).date()
    first = date_of(start, "--from") if start else today
    refuse_outside_years(first)
    last = date_of(end, "--to") if end else min(max(today, first) + FAR, LAST_DAY)
    refuse_outside_years(last)
    if last < first:
        raise Refused(f"--to {last} is before --from {first}")
    after_last = last + timedelta(days=1)
    return _midnight(first, zone), _midnight(after_last, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _print_shifts(found: Sequence[LocalAssignmentView]) -> None:
    rows = []
    for shift in found:
        policy, own = ZoneInfo(shift["policy_timezone"]), ZoneInfo(shift["timezone"])
        local = "" if own == policy else f"{time_of(shift['start'], own)} to {time_of(shift['end'], own)}"
        note = f"override: {shift['override']}" if "override" in shift else ""
        start, end = time_of(shift["start"], policy), time_of(shift["end"], policy)
        rows.append([shift["kind"], shift["role"], start, end, "  ".join(filter(None, (local, note)))])
    columns = (
        ["kind", "role", "from", "to", "their own time"]
        if any(row[-1] for row in rows)
        else ["kind", "role", "from", "to"]
    )
    print_table(columns, [row[: len(columns)] for row in rows], names=2)


def next_shift(engineer: str | None = None, *, json: bool = False) -> None:
    """Print an engineer's current shift and the next one. engineer: an id; None for the engineer at this terminal."""
    engineer, found, now = shifts_of(engineer, None, None)
    running = [s for s in found if datetime.fromisoformat(s["start"]) <= now < datetime.fromisoformat(s["end"])]
    coming = [s for s in found if datetime.fromisoformat(s["start"]) > now]
    if json:
        print_json(
            {"engineer": engineer, "now": running[0] if running else None, "next": coming[0] if coming else None}
        )
        return
    if running:
        say(f"{engineer} is on call now:")
        _print_shifts(running)
    if coming:
        say("Next:")
        _print_shifts(coming[:1])
    else:
        tell(f"{engineer} has no further shift in the published schedule.")


def published_schedule(settings: Settings) -> QuickSchedule:
    """Return the published schedule of the local database. Raises NotFound if nothing is published."""
    from oncall import wiring

    published = wiring.quick_schedule(settings)
    if published is None:
        raise NotFound(NOT_PUBLISHED)
    return published


def _refuse_stranger_to(server: RemoteBackend, engineer: str, now: datetime) -> None:
    """Raise the server's refusal if the id is on no published roster. While the server is away, nothing is checked."""
    try:
        server.whole_schedule(now, now + timedelta(minutes=1), engineer)
    except StoreUnavailable:
        return


def refuse_stranger(engineer: str, schedule: Schedule) -> None:
    """Raise NotFound for an id that is on no published roster."""
    if engineer not in schedule.people:
        from oncall.suggestions import suggestion

        hint = suggestion(engineer, sorted(schedule.people))
        raise NotFound(f'nobody on the published rosters has the id "{engineer[:40]}"; {hint}')
