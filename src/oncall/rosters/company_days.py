"""Reads holidays: a code like `US`, or a list of codes, added dates and dropped dates.

Such a list is `[US, GB-ENG, {date: 2027-03-10, name: Founders Day}, {drop: 2027-10-11}]`.
"""

from __future__ import annotations

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
    if is_holiday_code(text.upper()):
        correction = f'did you mean "{text.upper()}"?'
    else:
        correction = 'write a country like "US", or a part of one like "US-FL"'
        country = text.upper().partition("-")[0]
        if is_holiday_code(country) and (near := _nearest_part(text.upper(), country)):
            correction = f'did you mean "{near}"?'
    raise node.refuse(f"{shown(text)} is not a place whose holidays are known; {correction}")


def _nearest_part(text: str, country: str) -> str | None:
    from holidays.utils import list_supported_countries

    parts = [f"{country}-{part}" for part in list_supported_countries(include_aliases=True)[country]]
    return nearest(text, parts) or country
