"""Names shifts for calendar programs. The name stays when the shift goes to another engineer or changes its hours.

A name is the date on which the shift starts, in the policy's zone, and the shift's kind. If a later publication moves
the hours of a shift, the shift keeps its name, even if it then starts on another date.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from oncall.schedule.schedule import Schedule
from oncall.support.windows import Window, WindowKind

ShiftKey = tuple[Window, WindowKind]
ZoneAt = Callable[[datetime], ZoneInfo]

_LONGEST_SHIFT = timedelta(days=8)


def shift_names(shifts: Iterable[ShiftKey], zone_at: ZoneAt) -> dict[ShiftKey, str]:
    """Return the name of each shift: date and kind, and a number for the second and further shifts of a date and kind.

    zone_at: returns the policy's zone at an instant.

    Two windows that overlap and have the same date and kind are the same shift with other hours.
    """
    by_date: dict[str, set[ShiftKey]] = defaultdict(set)
    for window, kind in shifts:
        by_date[f"{window.start.astimezone(zone_at(window.start)):%Y%m%d}-{kind}"].add((window, kind))
    names = {}
    for name, same in by_date.items():
        number, ends = 0, None
        for key in sorted(same, key=lambda key: (key[0].start, key[0].end)):
            if ends is None or key[0].start >= ends:
                number, ends = number + 1, key[0].end
            ends = max(ends, key[0].end)
            names[key] = name if number == 1 else f"{name}-{number}"
    return names


def published_names(schedule: Schedule) -> dict[ShiftKey, str]:
    """Return the name of each shift of every publication.

    A shift keeps the name of the earlier shift that it replaces.
    """
    names: dict[ShiftKey, str] = {}
    for publication in schedule.publications:
        keys = {(seat.window, seat.kind) for seat in publication.seats}
        dated = shift_names(keys, lambda at: schedule.calendar_at(at).zone)
        if keys <= names.keys():
            continue
        names |= _with_earlier_names(dated, names) if names else dated
    return names


def _with_earlier_names(dated: Mapping[ShiftKey, str], earlier: Mapping[ShiftKey, str]) -> dict[ShiftKey, str]:
    """Return the final name of each shift of a publication: that of the earlier shift it replaces, or else its own.

    dated: the names made from the shifts' own dates. earlier: the names of the shifts of earlier publications.
    """
    whole = {name: (_whole_span(keys), keys[0][1]) for name, keys in _by_name(dated).items()}
    kept: dict[str, str] = {}
    used: set[str] = set()
    for name, before in _same_shifts(whole, earlier):
        if name not in kept and before not in used:
            kept[name] = before
            used.add(before)
    for name in whole:
        if name not in kept:
            kept[name] = _unused(name, used)
            used.add(kept[name])
    return {key: kept[name] for key, name in dated.items()}


def _same_shifts(whole: Mapping[str, ShiftKey], earlier: Mapping[ShiftKey, str]) -> list[tuple[str, str]]:
    """Return pairs of names: of a shift, and of an earlier shift that overlaps it by half or more of the shorter one.

    Both have the same kind. The likeliest pairs come first: those with the same name, then those with the most time in
    common.
    """
    known = sorted(((window, kind, name) for (window, kind), name in earlier.items()), key=lambda one: one[0].start)
    starts = [window.start for window, _, _ in known]
    found = []
    for name, (window, kind) in whole.items():
        first = bisect_left(starts, window.start - _LONGEST_SHIFT)
        for before, its_kind, its_name in known[first : bisect_left(starts, window.end)]:
            shared = min(before.end, window.end) - max(before.start, window.start)
            shorter = min(before.end - before.start, window.end - window.start)
            if kind == its_kind and shared > timedelta(0) and shared * 2 >= shorter:
                found.append(((name != its_name, -shared, window.start), name, its_name))
    return [(name, its_name) for _, name, its_name in sorted(found)]


def _by_name(dated: Mapping[ShiftKey, str]) -> dict[str, list[ShiftKey]]:
    found: dict[str, list[ShiftKey]] = defaultdict(list)
    for key, name in dated.items():
        found[name].append(key)
    return found


def _whole_span(keys: Iterable[ShiftKey]) -> Window:
    windows = [window for window, _ in keys]
    return Window(min(each.start for each in windows), max(each.end for each in windows))


def _unused(name: str, used: set[str]) -> str:
    number, free = 1, name
    while free in used:
        number += 1
        free = f"{name}-{number}"
    return free
