"""Time zone names: which names are places, and what to write instead of other names.

A zone has to name a place (`America/New_York`), because only a place says when its clocks change. Abbreviations and
offsets (`EST`, `GMT-5`) exist in the zone database, but most of them are wrong for half of the year.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from oncall.file_nodes import shown
from oncall.suggestions import nearest

_UTC_NAMES = {"UTC", "Etc/UTC"}
_OTHER_UTC_NAMES = {"UCT", "Universal", "Zulu", "Z", "Etc/UCT", "Etc/Universal", "Etc/Zulu"}

_PLACE_OF = {
    **dict.fromkeys(("EST", "EDT", "ET", "EST5EDT", "EASTERN"), "America/New_York"),
    **dict.fromkeys(("CST", "CDT", "CT", "CST6CDT", "CENTRAL"), "America/Chicago"),
    **dict.fromkeys(("MST", "MDT", "MT", "MST7MDT", "MOUNTAIN"), "America/Denver"),
    **dict.fromkeys(("PST", "PDT", "PT", "PST8PDT", "PACIFIC"), "America/Los_Angeles"),
    **dict.fromkeys(("AKST", "AKDT", "AKT"), "America/Anchorage"),
    **dict.fromkeys(("HST", "HDT"), "Pacific/Honolulu"),
    **dict.fromkeys(("AST", "ADT"), "America/Halifax"),
    **dict.fromkeys(("NST", "NDT"), "America/St_Johns"),
    **dict.fromkeys(("GMT", "GMT0", "GREENWICH", "BST", "ETC/GMT", "ETC/GMT0", "ETC/GREENWICH"), "Europe/London"),
    **dict.fromkeys(("WET", "WEST"), "Europe/Lisbon"),
    **dict.fromkeys(("CET", "CEST", "MET", "MEST", "MEZ", "MESZ"), "Europe/Berlin"),
    **dict.fromkeys(("EET", "EEST"), "Europe/Athens"),
    **dict.fromkeys(("AEST", "AEDT", "AET"), "Australia/Sydney"),
    **dict.fromkeys(("ACST", "ACDT"), "Australia/Adelaide"),
    **dict.fromkeys(("NZST", "NZDT", "NZT"), "Pacific/Auckland"),
    "MSK": "Europe/Moscow", "TRT": "Europe/Istanbul", "IDT": "Asia/Jerusalem", "IST": "Asia/Kolkata",
    "PKT": "Asia/Karachi", "NPT": "Asia/Kathmandu", "ICT": "Asia/Bangkok", "WIB": "Asia/Jakarta",
    "SGT": "Asia/Singapore", "HKT": "Asia/Hong_Kong", "PHT": "Asia/Manila", "JST": "Asia/Tokyo", "KST": "Asia/Seoul",
    "GST": "Asia/Dubai", "AWST": "Australia/Perth", "SAST": "Africa/Johannesburg", "EAT": "Africa/Nairobi",
    "WAT": "Africa/Lagos", "CAT": "Africa/Maputo", "BRT": "America/Sao_Paulo", "ART": "America/Argentina/Buenos_Aires",
    "CLT": "America/Santiago", "COT": "America/Bogota", "PET": "America/Lima",
}  # fmt: skip
"""The time zone that a person most likely means by an abbreviation. The keys are in capitals."""

_STAYS_AT = {"EST": "UTC-5", "MST": "UTC-7", "HST": "UTC-10"}
_STAYS_AT |= dict.fromkeys(("GMT", "GMT0", "GREENWICH", "ETC/GMT", "ETC/GMT0", "ETC/GREENWICH"), "UTC")

_PLACE_AT = {
    -660: "Pacific/Pago_Pago", -600: "Pacific/Honolulu", -540: "America/Anchorage", -480: "America/Los_Angeles",
    -420: "America/Denver", -360: "America/Chicago", -300: "America/New_York", -240: "America/Halifax",
    -210: "America/St_Johns", -180: "America/Sao_Paulo", -120: "America/Noronha", -60: "Atlantic/Cape_Verde",
    0: "Europe/London", 60: "Europe/Berlin", 120: "Europe/Athens", 180: "Europe/Istanbul", 210: "Asia/Tehran",
    240: "Asia/Dubai", 300: "Asia/Karachi", 330: "Asia/Kolkata", 345: "Asia/Kathmandu", 360: "Asia/Dhaka",
    420: "Asia/Bangkok", 480: "Asia/Singapore", 540: "Asia/Tokyo", 570: "Australia/Adelaide",
    600: "Australia/Sydney", 660: "Pacific/Guadalcanal", 720: "Pacific/Auckland", 780: "Pacific/Tongatapu",
    840: "Pacific/Kiritimati",
}  # fmt: skip
"""The time zone of a large place, by its offset from UTC in winter, in minutes."""

_CITY_WORDS = {
    **dict.fromkeys(("nyc", "new_york_city", "washington", "boston", "miami", "atlanta", "philadelphia"), "new_york"),
    **dict.fromkeys(("dallas", "houston", "austin", "minneapolis", "st._louis", "st_louis"), "chicago"),
    **dict.fromkeys(("la", "sf", "san_francisco", "seattle", "portland", "san_diego", "las_vegas"), "los_angeles"),
    **dict.fromkeys(("montreal", "ottawa"), "toronto"),
    **dict.fromkeys(
        ("bangalore", "bengaluru", "mumbai", "bombay", "delhi", "new_delhi", "chennai", "hyderabad", "pune"), "kolkata"
    ),
    **dict.fromkeys(("beijing", "peking", "shenzhen", "guangzhou"), "shanghai"),
    **dict.fromkeys(("munich", "frankfurt", "hamburg", "cologne", "bonn", "stuttgart"), "berlin"),
    **dict.fromkeys(("barcelona", "valencia", "seville"), "madrid"),
    **dict.fromkeys(("milan", "turin", "naples", "florence"), "rome"),
    **dict.fromkeys(("geneva", "basel", "bern"), "zurich"),
    **dict.fromkeys(("edinburgh", "manchester", "birmingham", "cambridge", "oxford", "cardiff"), "london"),
    "tel_aviv": "jerusalem", "rio": "sao_paulo", "rio_de_janeiro": "sao_paulo", "osaka": "tokyo", "kyoto": "tokyo",
    "abu_dhabi": "dubai", "canberra": "sydney", "wellington": "auckland", "cape_town": "johannesburg",
}  # fmt: skip
"""The city of the zone database for other cities with the same clock."""
_COUNTRY_WORDS = {
    "uk": "gb", "england": "gb", "great britain": "gb", "united kingdom": "gb", "usa": "us",
    "united states of america": "us", "holland": "nl", "uae": "ae", "korea": "kr", "south korea": "kr",
}  # fmt: skip
_MOST_ZONES = 4
_I = re.IGNORECASE
_OFFSET = re.compile(r"(etc/)?(gmt|utc)? *([+-]) *([0-9]{1,2})(?::?([0-9]{2}))?", re.IGNORECASE)
_EXAMPLE = 'write one like "America/New_York"'


def zone_named(name: str) -> ZoneInfo | None:
    """Return the zone with this name in the zone database; None if there is none."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        # A missing zone, a folder of zones ("America"), a path that leaves the zone folder, a file that is no zone.
        return None


def why_no_place(name: str) -> str | None:
    """Return why a zone name is refused and what to write instead; None for the name of a place and for UTC."""
    if name in _UTC_NAMES:
        return None
    if name in _OTHER_UTC_NAMES:
        return f'{shown(name)} is another name of UTC; write "UTC"'
    if offset := _OFFSET.fullmatch(name):
        return _offset_words(name, offset)
    if place := _PLACE_OF.get(_abbreviation(name)):
        return _abbreviation_words(name, place)
    if name.startswith(("right/", "posix/")):
        return f'{shown(name)} is a copy of a zone; write "{name.partition("/")[2]}"'
    if zone_named(name) is not None and name not in ("Factory", "localtime", "posixrules"):
        return None
    if zones := _zones_of_country(name):
        return f"{shown(name)} is a country and not a time zone; write {_one_of(zones)}"
    near = _nearest_zone(name)
    return f"{shown(name)} is not an IANA time zone; " + (f'did you mean "{near}"?' if near else _EXAMPLE)


def _one_of(zones: Sequence[str]) -> str:
    if len(zones) == 1:
        return f'"{zones[0]}"'
    words = ", ".join(f'"{zone}"' for zone in zones[:_MOST_ZONES])
    return f"one of its zones: {words}" + (" or another" if len(zones) > _MOST_ZONES else "")


def _zones_of_country(name: str) -> list[str]:
    """Return the zones of the country with this name or code (`Canada`, `de`); none if there is no such country."""
    wanted = _COUNTRY_WORDS.get(name.casefold(), name.casefold())
    code = next((code for code, country in _country_names().items() if wanted in (code.casefold(), country)), None)
    return [zone for zone, country in _countries().items() if country == code]


def country_of(zone: ZoneInfo) -> str | None:
    """Return the country (`US`) of the place that a zone names; None if the zone database does not say."""
    return _countries().get(zone.key)


def _abbreviation(name: str) -> str:
    """Return the one word that is left of a zone name without words like `Standard Time`, in capitals; else empty.

    For example, `EASTERN` for `US Eastern Standard Time`.
    """
    plain = re.sub(r"[(][^)]*[)]", " ", name)
    words = re.sub(
        r"\b(us|standard|daylight|summer|time|zone)\b|/(?=e[ds]t|c[ds]t|m[ds]t|p[ds]t)", " ", plain, flags=_I
    )
    found = [word.upper() for word in words.split()]
    same = {_PLACE_OF.get(word) for word in found}
    return found[0] if len(found) == 1 or (found and len(same) == 1) else ""


def _abbreviation_words(name: str, place: str) -> str:
    stays_at = _STAYS_AT.get(name.upper())
    if stays_at is None:
        return f'{shown(name)} is an abbreviation and not a place; write "{place}"'
    if stays_at == "UTC":
        return _same_as_utc(name)
    return f'{shown(name)} is not a place: its clock stays at {stays_at} all year; write "{place}"'


def _same_as_utc(name: str) -> str:
    return f'{shown(name)} is not a place: its clock stays at UTC all year; write "Europe/London" or "UTC"'


def _offset_words(name: str, offset: re.Match[str]) -> str:
    etc, base, sign, hours, minutes = offset.groups()
    ahead = (int(hours) * 60 + int(minutes or 0)) * (1 if sign == "+" else -1)
    if ahead == 0:
        return _same_as_utc(name)
    if etc:
        means, other = _offset_name(-ahead), _offset_name(ahead)
        return (
            f"{shown(name)} stays at {means} all year, because the sign of an Etc zone is reversed; write a place, "
            f"like {_place_words(-ahead)} ({means}) or {_place_words(ahead)} ({other})"
        )
    words = f"{shown(name)} is an offset and not a place"
    if base and not minutes:
        etc_name = f"Etc/GMT{sign}{int(hours)}"
        words += f" (and {etc_name} means {_offset_name(-ahead)}: the sign of an Etc zone is reversed)"
    return f"{words}; write a place, like {_place_words(ahead)}"


def _offset_name(ahead: int) -> str:
    hours, minutes = divmod(abs(ahead), 60)
    return f"UTC{'+' if ahead > 0 else '-'}{hours}" + (f":{minutes:02}" if minutes else "")


def _place_words(ahead: int) -> str:
    return f'"{_PLACE_AT.get(ahead, "America/New_York")}"'


def _nearest_zone(name: str) -> str | None:
    """Return the zone whose city has this name, or else the zone with the nearest name; None if there is none."""
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    city = name.replace(" ", "_").casefold().rpartition("/")[2]
    if any(zone.casefold().startswith(f"{city}/") for zone in zones):
        # A region alone: none of its cities is nearer than the others.
        return None
    city = _CITY_WORDS.get(city, city)
    same_city = (zone for zone in zones if zone.casefold().rpartition("/")[2] == city)
    return next(same_city, None) or nearest(name.replace(" ", "_"), zones, likeness=0.7)


@cache
def _countries() -> dict[str, str]:
    """Return the country of each zone by the zone's name, from the table in the zone database."""
    from importlib.resources import files

    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return {row[2]: row[0] for row in rows}


@cache
def _country_names() -> dict[str, str]:
    """Return the name of each country in small letters, by its code, from the table in the zone database."""
    from importlib.resources import files

    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return {row[0]: row[1].casefold() for row in rows}
