"""Reads times, weekdays, hours and lengths of time in other forms, to suggest in an error message what to write.

Nothing here accepts such a text. A function returns None if the text has no reading.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from oncall.file_nodes import shown
from oncall.likely_numbers import NUMBER_WORDS, number_meant
from oncall.support.coverage_days import DAYS_OF_WEEK
from oncall.support.likely_days import EXAMPLE_DAY, day_advice, missing_words, reading_of

_DAY = timedelta(days=1)
_CLOCK = re.compile(
    r"(?:t|,|at|@)?\s*(?P<hour>[0-9]{1,2})(?:\s*[:.h]\s*(?P<minute>[0-9]{2})(?::[0-9]{2}(?:[.][0-9]+)?)?|\s*h)?"
    r"(?:\s*(?P<half>[ap])[.]?m[.]?)?(?:\s*(?:hrs|hours|uhr|o'clock))?"
)
_FOUR_DIGITS = re.compile(r"(?:t|,|at|@)?\s*(?P<hour>[01][0-9]|2[0-4])(?P<minute>[0-5][0-9])\s*(?:h|hrs|hours)?")
_WORDS = {"noon": (12, 0), "midday": (12, 0), "midnight": (24, 0)}
_OFFSET = re.compile(r"\s*(?:z|utc|gmt|[+-][0-9]{2}(?::?[0-9]{2})?)$")
_SHORT_DAYS = tuple(day[:3].lower() for day in DAYS_OF_WEEK)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_UNIT_WORDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), 604_800),
}


def clock_meant(text: str) -> tuple[int, int] | None:
    """Return the hour and the minute of a time of day, like `6pm`, `18.00` or `1800`. 24:00 is (24, 0)."""
    plain = " ".join(text[:40].lower().split())
    if plain in _WORDS:
        return _WORDS[plain]
    match = _FOUR_DIGITS.fullmatch(plain) or _CLOCK.fullmatch(plain)
    if match is None:
        return None
    groups = match.groupdict()
    hour, minute, half = int(groups["hour"]), int(groups["minute"] or 0), groups.get("half")
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif half:
        return None
    return (hour, minute) if (hour < 24 and minute < 60) or (hour, minute) == (24, 0) else None


def clock_text(clock: tuple[int, int]) -> str:
    """Return a time of day like `18:00`."""
    return f"{clock[0]:02}:{clock[1]:02}"


def moments_meant(text: str) -> tuple[datetime, ...]:
    """Return the local times that a date with a time of day, like `5 Jan 2027 6pm`, may mean: none, one or two."""
    found = reading_of(text)
    if found is None or found.missing is not None or found.misfit:
        return ()
    clock = clock_meant(_OFFSET.sub("", found.rest)) if found.rest else None
    if clock is None:
        return ()
    at = time(clock[0] % 24, clock[1])
    return tuple(datetime.combine(day + _DAY * (clock[0] == 24), at) for day in found.days)


def has_offset(text: str) -> bool:
    """Return True if a text ends with an offset from UTC, like `Z` or `+01:00`, after a time of day."""
    return re.search(r"(?i)[0-9:m]\s*(z|utc|gmt|[+-][0-9]{2}:?[0-9]{2})$", text.strip()) is not None


def moment_fault(text: str) -> str:
    """Return the message for a text that is not a local date or a local date and time."""
    if (found := reading_of(text)) is not None and found.rest and found.missing is None and not found.misfit:
        if moments := moments_meant(text):
            if has_offset(text):
                return f"{shown(text)} has an offset; write the time on the team's clock alone, like {_quoted(moments)}"
            return f"{shown(text)} is not a local date and time; {moments_words(moments)}"
        likely = f"{found.days[0]}T18:00"
        return f'{shown(text)} is not a local date and time; write one like "{likely}"'
    return f"{shown(text)} {day_advice(text)}"


def time_advice(text: str, *, example: str, clock_alone: bool = False) -> str:
    """Return what to write for a text that is not an ISO 8601 time: `write "2027-01-05T18:00"`.

    example: the advice if the text has no reading. clock_alone: a time of day without a date may be written.
    """
    if moments := moments_meant(text):
        return moments_words(moments)
    if clock_alone and (clock := clock_meant(text)) is not None and clock[0] < 24:
        return f'write "{clock_text(clock)}"'
    if (clock := clock_meant(text)) is not None and re.search("[:.apm]", text.lower()):
        return f'the date is missing; write one like "{EXAMPLE_DAY}T{clock_text((clock[0] % 24, clock[1]))}"'
    if (found := reading_of(text)) is None or found.misfit:
        return example
    if found.missing is not None:
        return missing_words(found.missing)
    if found.rest:
        zone = re.search(r"\s*\b([a-z]{2,5})$", found.rest)
        local = moments_meant(text[: text.lower().rfind(zone[0])]) if zone else ()
        if zone is None or not local:
            return example
        return f"write the offset from UTC in place of {zone[1].upper()}, like {_quoted(local[:1], '-05:00')}"
    return "write the time too, like " + " or ".join(f'"{day}T19:00"' for day in found.days)


def offset_time_advice(text: str, *, example: str) -> str:
    """Return what to write for a text that is not a time with an offset. example: the advice without a reading."""
    moments = moments_meant(text)
    if not moments:
        return time_advice(text, example=example)
    written = re.search(r"(?i)(z|utc|gmt|([+-])([0-9]{2}):?([0-9]{2}))$", text.strip())
    if not has_offset(text) or written is None:
        return f"write it with the offset from UTC, like {_quoted(moments[:1], '-05:00')}"
    offset = f"{written[2]}{written[3]}:{written[4]}" if written[2] else "Z"
    return moments_words(moments, offset)


def moments_words(moments: tuple[datetime, ...], offset: str = "") -> str:
    """Return `write` and each local time. offset: the end of each, like `-05:00`."""
    return f"write {_quoted(moments, offset)}"


def _quoted(moments: tuple[datetime, ...], offset: str = "") -> str:
    return " or ".join(f'"{each.isoformat(timespec="minutes")}{offset}"' for each in moments)


def weekday_meant(text: str) -> int | None:
    """Return the day of the week (Monday is 0) that a word names, like `Fri.`, `Weds` or `every friday`."""
    word = re.sub(r"^(?:every|each|on|all|only|the)\s+", "", " ".join(text[:40].lower().split())).rstrip(".,;:")
    for number, name in enumerate(DAYS_OF_WEEK):
        names = (name.lower(), f"{name.lower()}s", name[:3].lower(), f"{name[:3].lower()}s", name[:4].lower())
        if word in (*names, name[:5].lower()):
            return number
    return 2 if word == "weds" else None


_SETS_OF_DAYS = {
    **dict.fromkeys(("weekend", "weekends"), (5, 6)),
    **dict.fromkeys(("weekday", "weekdays", "working days", "workdays"), (0, 1, 2, 3, 4)),
}


def weekdays_meant(text: str) -> tuple[int, ...]:
    """Return the days of the week that a text names: `fri`, `mon-wed`, `sat and sun`, `weekends`; empty if none."""
    plain = " ".join(text[:100].lower().replace("\N{EN DASH}", "-").split())
    found: list[int] = []
    for part in re.split(r"\s*[,;&+]\s*|\s+and\s+", plain):
        first, dash, last = (each.strip() for each in re.sub(r"\s+to\s+", "-", part).partition("-"))
        begin, end = weekday_meant(first), weekday_meant(last)
        if part in _SETS_OF_DAYS:
            found.extend(_SETS_OF_DAYS[part])
        elif begin is None or (dash and end is None):
            return ()
        else:
            length = (end - begin) % 7 + 1 if end is not None else 1
            found.extend((begin + number) % 7 for number in range(length))
    return tuple(dict.fromkeys(found))


def weekday_name(number: int) -> str:
    """Return the name of a day of the week in plural: `fridays`."""
    return f"{DAYS_OF_WEEK[number].lower()}s"


def handover_meant(text: str) -> str | None:
    """Return the handover that a text probably means, like `fri 18:00` for `Fridays at 6pm`."""
    plain = " ".join(text[:60].lower().replace(",", " ").split())
    words = plain.split(" ")
    for cut in range(len(words) + 1):
        for day_words, clock_words in ((words[:cut], words[cut:]), (words[cut:], words[:cut])):
            day = weekday_meant(" ".join(day_words)) if day_words else None
            clock = clock_meant(" ".join(clock_words)) if clock_words else None
            if day is not None and not clock_words:
                return _SHORT_DAYS[day]
            if day is not None and clock is not None:
                day = (day + (clock[0] == 24)) % 7
                return f"{_SHORT_DAYS[day]} {clock_text((clock[0] % 24, clock[1]))}"
    return None


def turn_meant(text: str) -> str | None:
    """Return the turn that a text probably means: `shift`, `week` or a number of weeks."""
    word = re.sub(
        r"^(?:(?:every|each)\s+|(?:a|one)\s+(?=[a-z]))", "", " ".join(text[:40].lower().replace("-", " ").split())
    )
    if word in ("weekly", "week", "weeks", "wk", "7d", "7 days"):
        return "week"
    if word in ("fortnight", "fortnightly", "biweekly", "bi weekly", "other week", "14d", "14 days"):
        return "2 weeks"
    if word in ("daily", "day", "night", "nightly", "shifts", "per shift", "24h", "1d"):
        return "shift"
    if word in ("monthly", "month", "28 days"):
        return "4 weeks"
    match = re.fullmatch(r"([0-9]{1,2}|[a-z]+)\s*(?:w|wk|wks|week|weeks|weekly)?", word)
    number = number_meant(match[1]) if match else None
    return None if number is None or number < 1 else "week" if number == 1 else f"{number} weeks"


def length_meant(text: str) -> str | None:
    """Return a length of time in our form, like `1h30m` for `1.5 hours`, `90 min` stays minutes."""
    plain = " ".join(text[:40].lower().split())
    if match := re.fullmatch(r"(half an hour|an hour|a day|a week|a minute)", plain):
        return {"half an hour": "30m", "an hour": "1h", "a day": "1d", "a week": "7d", "a minute": "1m"}[match[1]]
    if match := re.fullmatch(r"pt?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?", plain):
        units = enumerate(("h", "m", "s"), start=1)
        return "".join(f"{match[number]}{unit}" for number, unit in units if match[number]) or None
    if match := re.fullmatch(r"([0-9]{1,3}):([0-5][0-9])(?::([0-5][0-9]))?", plain):
        return _in_units(int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0))
    parts = re.findall(r"([0-9]+(?:[.,][0-9]+)?|[a-z]+)\s*([a-z]+)[.]?(?:\s*(?:,|and)\s*)?", plain)
    rebuilt = re.fullmatch(r"(?:(?:[0-9]+(?:[.,][0-9]+)?\s*|[a-z]+\s+)[a-z]+[.]?(?:\s*(?:,|and)\s*|\s*))+", plain)
    if rebuilt is None or not parts or any(unit not in _UNIT_WORDS for _, unit in parts):
        return None
    seconds = 0.0
    for number, unit in parts:
        value = _decimal(number)
        if value is None:
            return None
        seconds += value * _UNIT_WORDS[unit]
    kept = len(parts) == 1 and parts[0][0].isdigit() and _UNIT_WORDS[parts[0][1]] in _UNITS.values()
    return parts[0][0] + parts[0][1][0] if kept else _in_units(round(seconds))


def seconds_meant(text: str) -> int | None:
    """Return the number of seconds in a length of time, like 30 for `30s` or `1 min`; None if there is none."""
    length = length_meant(text)
    parts = re.findall(r"([0-9]+)([smhd])", length or "")
    return sum(int(number) * _UNITS[unit] for number, unit in parts) or None


def _decimal(text: str) -> float | None:
    if text in NUMBER_WORDS:
        return float(NUMBER_WORDS.index(text))
    return float(text.replace(",", ".")) if text[0].isdigit() else None


def _in_units(seconds: int) -> str:
    words, rest = "", seconds
    for unit in ("d", "h", "m", "s"):
        count, rest = divmod(rest, _UNITS[unit])
        words += f"{count}{unit}" if count else ""
    return words or "0m"


def hours_meant(text: str) -> str | None:
    """Return hours of the week in our form, like `mon-fri 08:00-19:00` for `Monday to Friday, 8am - 7pm`."""
    plain = re.sub("[\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}]", "-", " ".join(text[:100].lower().split()))
    plain = re.sub(r"\b(?:from|between|on|every|at)\b|[,;]", " ", plain)
    plain = re.sub(r"\b(?:to|till|until|through|thru|and)\b", "-", plain)
    plain = re.sub(r"\b(?:weekdays|working days|workdays)\b", "mon-fri", plain)
    plain = re.sub(r"\bweekends?\b", "sat-sun", plain)
    plain = re.sub(r"\b(?:daily|all week|7 days)\b", "mon-sun", plain)
    tokens = re.findall(r"[a-z']{3,9}[.]?(?![a-z])|[0-9]{1,2}(?:[:.h]?[0-9]{2})?\s*(?:[ap][.]?m\b[.]?|h\b)?|-", plain)
    if re.sub(r"[\s.]", "", "".join(tokens)) != re.sub(r"[\s.]", "", plain):
        return None
    marks: list[int] = []
    values: list[str] = []
    for word in tokens:
        if word == "-":
            marks.append(len(values))
            continue
        day = weekday_meant(word)
        is_clock = day is None and (not word.strip().isalpha() or word.strip() in _WORDS)
        clock = clock_meant(word) if is_clock else None
        if day is None and clock is None:
            return None
        values.append(_SHORT_DAYS[day] if day is not None else clock_text(min(clock or (0, 0), (23, 59))))
    kinds = "".join("d" if value in _SHORT_DAYS else "t" for value in values)
    hours = [int(word) for word in tokens if word.strip().isdecimal()]
    if len(hours) == 2 and hours[1] <= hours[0] <= 12 and kinds != "dtdt":
        # `9 to 5` ends in the afternoon, and not at 5 in the next morning.
        return None
    return _hours_in_order(kinds, values, marks)


def _hours_in_order(kinds: str, values: list[str], marks: list[int]) -> str | None:
    """Return the hours from days and times in the order of the text. kinds: `d` for a day, `t` for a time.

    marks: the indexes of the values that have a dash before them.
    """
    match kinds, marks:
        case "dtdt", [2]:
            return f"{values[0]} {values[1]} - {values[2]} {values[3]}"
        case "ddtt", [1, 3]:
            return f"{values[0]}-{values[1]} {values[2]}-{values[3]}"
        case "ttdd", [1, 3]:
            return f"{values[2]}-{values[3]} {values[0]}-{values[1]}"
        case "dtt", [2]:
            return f"{values[0]} {values[1]}-{values[2]}"
        case "ttd", [1]:
            return f"{values[2]} {values[0]}-{values[1]}"
    return None
