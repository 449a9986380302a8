"""Reads holidays: a code like `US`, or a list of codes, added dates and dropped dates.

Such a list is `[US, GB-ENG, {date: 2027-03-10, name: Founders Day}, {drop: 2027-10-11}]`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from oncall.file_nodes import MapNode, Node, ScalarNode, shown
from oncall.file_values import Fields, line_of_text, one_or_many
from oncall.rosters.fields import day
from oncall.suggestions import nearest
from oncall.support.holidays import (
    CompanyDays,
    OwnDay,
    is_holiday_code,
    parts_with_more_days,
    public_holidays,
)
from oncall.support.likely_days import days_meant


def company_days(node: Node) -> CompanyDays:
    """Read the holidays of a team or of one person. Records faults: a dropped day that is no holiday, repeated days."""
    codes: dict[str, Node] = {}
    own: dict[date, tuple[OwnDay, Node]] = {}
    dropped: dict[date, Node] = {}
    for item, place in one_or_many(_item)(node):
        if isinstance(item, str):
            first = codes.setdefault(item, place)
        elif isinstance(item, OwnDay):
            first = own.setdefault(item.day, (item, place))[1]
        else:
            first = dropped.setdefault(item, place)
        if first is not place:
            place.note(f"is listed twice; the first is on line {first.line}, column {first.column}; delete one of them")
    for which, place in dropped.items():
        if which in own:
            place.note(f"{which} is a date of this list and dropped from it; delete one of the two")
        elif which not in public_holidays(*codes):
            place.note(_not_a_holiday(which, tuple(codes)))
    return CompanyDays(tuple(codes), tuple(each for each, _ in own.values()), tuple(dropped))


def _item(node: Node) -> tuple[str | OwnDay | date, Node]:
    if isinstance(node, ScalarNode):
        code = holiday_code(node)
        _warn_of_parts(code, node)
        return code, node
    fields = Fields(node)
    if isinstance(node, MapNode) and "drop" in node.entries:
        dropped = fields.required("drop", day, example="2027-10-11")
        fields.close()
        return dropped.value, dropped.place
    on = fields.required("date", day, example="2027-03-10")
    name = fields.optional("name", line_of_text, "")
    fields.optional("drop", day, None)
    fields.close()
    return OwnDay(on.value, name.value), on.place


def _not_a_holiday(which: date, codes: tuple[str, ...]) -> str:
    if not codes:
        return f"{which} cannot be dropped, because no country is listed; write one, like US"
    days = public_holidays(*codes)
    near = min(days.in_year(which.year), key=lambda other: abs(other - which), default=None)
    names = ", ".join(feast.name for feast in days.feasts_on(near)) if near else ""
    correction = f"; the nearest is {near}, {names}" if near else ""
    return f"{which} is no holiday of {days.text}{correction}"


def _warn_of_parts(code: str, node: Node) -> None:
    parts, name = parts_with_more_days(code)
    if parts:
        node.warn(f"{code} alone has no {name}, which most of its parts have; write yours, like {parts[0]}")


def holiday_code(node: Node) -> str:
    """Read the code of a country, or of a part of one, that the `holidays` library knows.

    Raises AtFault for another.
    """
    text = line_of_text(node)
    if is_holiday_code(text):
        return text
    raise node.refuse(f"{shown(text)} is not a place whose holidays are known; {_place_advice(text)}")


def _place_advice(text: str) -> str:
    """Return the code of the place that a text names in words, a list for several places, or what else to write."""
    if days := days_meant(text):
        return "write " + " or ".join(f"{{date: {each}}}" for each in days)
    if text.lower() in ("none", "no", "false", "off", "nothing"):
        return "delete this line for a team without holidays"
    pieces = [piece.strip() for piece in re.split(r"[,;+&]|\sand\s", text) if piece.strip()]
    codes = [_code_meant(piece) for piece in pieces]
    if len(codes) > 1 and None not in codes:
        return f"write [{', '.join(code for code in codes if code is not None)}]"
    if code := _code_meant(text):
        return f'did you mean "{code}"?'
    return 'write a country like "US", or a part of one like "US-FL"'


def _code_meant(text: str) -> str | None:
    """Return the code of the country or of the part of one that a text names, in any letter case."""
    from holidays.registry import COUNTRIES
    from holidays.utils import country_holidays

    plain = re.sub(r"[\s_]+", "-", text.strip())
    if is_holiday_code(plain.upper()):
        return plain.upper()
    names = {re.sub("[^a-z]", "", name): codes[1] for name, codes in COUNTRIES.items()}
    names |= {"unitedstatesofamerica": "US", "england": "GB-ENG", "scotland": "GB-SCT", "wales": "GB-WLS",
              "northernireland": "GB-NIR", "britain": "GB", "greatbritain": "GB", "holland": "NL"}  # fmt: skip
    if code := names.get(re.sub("[^a-z]", "", plain.lower())):
        return code
    country, dash, part = plain.partition("-")
    country = names.get(country.lower(), country.upper())
    if not dash or not is_holiday_code(country):
        return None
    aliases: dict[str, str] = getattr(country_holidays(country, years=()), "subdivisions_aliases", {})
    by_name = {_folded(name): code for name, code in aliases.items()}
    wanted = _folded(part.replace("-", " "))
    near = wanted if wanted in by_name else nearest(wanted, by_name, likeness=0.8)
    return f"{country}-{by_name[near]}" if near is not None else _nearest_part(f"{country}-{part}", country)


def _nearest_part(text: str, country: str) -> str | None:
    from holidays.utils import list_supported_countries

    parts = [f"{country}-{part}" for part in list_supported_countries(include_aliases=True)[country]]
    return nearest(text, parts) or country


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(each for each in plain if not unicodedata.combining(each))
