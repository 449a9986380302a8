"""Roster files that the terminal tests plan for, and the week that most of them plan."""

from __future__ import annotations

import re
from pathlib import Path

SMALL_ROSTER = """\
team: tiny
timezone: America/New_York
rotation: {rest_nights: 0, weekends_apart: 1}
engineers:
  - {id: ana, name: Ana Pereira, phone: "+13055550101"}
  - {id: ben, name: Ben Okafor, phone: "+13055550102", timezone: Asia/Kolkata}
  - {id: chloe, name: Chloe Martin, phone: "+13055550103"}
manager: {id: mei, name: Mei Lin, phone: "+13055550100"}
"""
"""Three people who may be on duty every night. Ben lives in India; mei is the manager."""

TIGHT_ROSTER = """\
team: tight
timezone: America/New_York
rotation: {days_off: evenings}
engineers:
  - {id: ana, name: Ana, phone: "+13055550101"}
  - {id: ben, name: Ben, phone: "+13055550102", unavailable: [{from: 2027-01-05, to: 2027-01-07, reason: flight}]}
  - {id: cai, name: Cai, phone: "+13055550103"}
  - {id: dee, name: Dee, phone: "+13055550104"}
  - {id: eve, name: Eve, phone: "+13055550105"}
  - {id: fay, name: Fay, phone: "+13055550106"}
"""
"""Six people with two free nights, of whom ben is away three evenings: no plan of the first week keeps every rule."""

EIGHT = """\
team: eight
timezone: America/New_York
engineers:
""" + "".join(
    f'  - {{id: {name}, name: {name.title()}, phone: "+1305555010{number}"}}\n'
    for number, name in enumerate(("ana", "ben", "cai", "dee", "eve", "fay", "gus", "hal"))
)
"""Room for everything, and nobody is ever away."""

WEEK = ("--start", "2027-01-04", "--weeks", "1")
JANUARY = ("--start", "2027-01-04", "--weeks", "4")
# The two exceptions that each make a week of the tight team possible.
REST = "rest_nights=1@2027-01-04..2027-01-10"
MOVED = "unavailable@2027-01-07:ben"


def other_team(text: str) -> str:
    """Return the roster's text as that of a team `other`, with other people."""
    return re.sub(r"(?m)^team: .*", "team: other", re.sub(r"id: (\w+),", r"id: \1-2,", text))


def without(text: str, person: str) -> str:
    """Return the roster's text without one person."""
    return "".join(line for line in text.splitlines(keepends=True) if f"id: {person}," not in line)


def with_more(text: str, person: str, more: str) -> str:
    """Return the roster's text with more fields for one person, such as `fte: 0.5`."""
    line = next(line for line in text.splitlines() if f"id: {person}," in line)
    return text.replace(line, f"{line.removesuffix('}')}, {more}}}")


def written(path: Path, text: str) -> Path:
    """Write the text to the file, and return the file."""
    path.write_text(text, encoding="utf-8")
    return path
