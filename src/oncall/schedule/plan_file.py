"""Reads and writes plan files: CSV, JSON (with the proof) and iCalendar (written only).

CSV is `start,end,kind,role,engineer`, one row per seat. Times are ISO 8601 with the UTC offset of the plan's zone, and
`end` is exclusive. A plan with balances, relaxations or a baseline has one more column; see `carries_column`. The same
plan gives the same bytes, apart from the time of writing in an iCalendar file.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from oncall.errors import Fault, FileFaults, Refused
from oncall.schedule.calendar_feed import ics_of
from oncall.schedule.plan import Plan
from oncall.schedule.plan_csv import csv_of, plan_of_csv
from oncall.schedule.plan_json import json_of, plan_of_json
from oncall.support.windows import WindowKind
from oncall.text_files import read_text, replace_file

MOST_MIB = 16
"""The largest plan file that is read, in MiB. A year's plan for a hundred people has about a hundredth of this."""


def write_plan(
    plan: Plan,
    path: Path,
    names: Mapping[str, str] | None = None,
    titles: Mapping[WindowKind, str] | None = None,
    *,
    now: datetime | None = None,
) -> None:
    """Write the plan in the format of the file's suffix: .csv, .json or .ics. The file is replaced in one step.

    names, titles: what an .ics file shows for an engineer's id and for a kind of shift. now: the time of writing (aware
    UTC) in an .ics file, so that calendar programs prefer it to an earlier file. Raises Refused for another suffix, or
    if the file cannot be written.
    """
    match path.suffix.lower():
        case ".csv":
            content = csv_of(plan)
        case ".json":
            content = json_of(plan)
        case ".ics":
            content = ics_of(plan, names, titles, stamp=now)
        case _:
            raise Refused(f"{path}: a plan is written as .csv, .json or .ics; give the file one of these endings")
    replace_file(path, content)


def read_plan(path: Path, *, team: str = "", zone: ZoneInfo | None = None) -> Plan:
    """Read a plan from a .csv or .json file. Raises FileFaults with every fault of the file.

    team, zone: used for a CSV file, which has neither; the zone is UTC by default.
    """
    suffix = path.suffix.lower()
    if suffix not in {".csv", ".json"}:
        raise FileFaults([Fault(str(path), 0, 0, "", "a plan file ends in .csv or .json")])
    text = read_text(path, most_mib=MOST_MIB)
    if suffix == ".json":
        return plan_of_json(text, str(path))
    return plan_of_csv(text, str(path), team=team, zone=zone or ZoneInfo("UTC"))
