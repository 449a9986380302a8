"""Plan files: CSV for people and spreadsheets, JSON with the proof, iCalendar for calendar programs (written only).

CSV is `start,end,kind,role,engineer`, a row per seat; times are ISO 8601 with the offset of the plan's zone and `end`
is outside the shift. What a plan carries beside its seats (balances, exceptions, shifts kept from an earlier one) is in
one more column, `carries`; see `carried`. What is written is the same, byte for byte, for the same plan.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from oncall.errors import Fault, FileFaults, Refused
from oncall.schedule.calendar_feed import ics_of
from oncall.schedule.carried_column import COLUMN, cells_of
from oncall.schedule.plan import EngineerFairness, Fairness, Plan, Seat
from oncall.schedule.plan_csv import plan_of_csv
from oncall.schedule.plan_json import plan_of_json
from oncall.schedule.plan_seats import COLUMNS
from oncall.text_files import read_text, replace_file

MOST_MIB = 16
"""The plan of a year for a hundred people is a hundredth of it."""


def write_plan(plan: Plan, path: Path, names: Mapping[str, str] | None = None) -> None:
    """Write the plan as `path`'s suffix says: .csv, .json or .ics. It is there whole, or nothing has changed.

    names: what an .ics calls each engineer id. Raises Refused for another suffix or when the file cannot be written.
    """
    match path.suffix.lower():
        case ".csv":
            content = csv_of(plan)
        case ".json":
            content = json_of(plan)
        case ".ics":
            content = ics_of(plan, names)
        case _:
            raise Refused(f"{path}: a plan is written as .csv, .json or .ics; give the file one of these endings")
    replace_file(path, content)


def read_plan(path: Path, *, team: str = "", zone: ZoneInfo | None = None) -> Plan:
    """Read a plan from .csv or .json. CSV holds neither team nor zone: they are taken from the caller (UTC if none).

    Raises FileFaults with every fault of the file.
    """
    suffix = path.suffix.lower()
    if suffix not in {".csv", ".json"}:
        raise FileFaults([Fault(str(path), 0, 0, "", "a plan file ends in .csv or .json")])
    text = read_text(path, most_mib=MOST_MIB)
    if suffix == ".json":
        return plan_of_json(text, str(path))
    return plan_of_csv(text, str(path), team=team, zone=zone or ZoneInfo("UTC"))


def csv_of(plan: Plan) -> bytes:
    """The plan as CSV: UTF-8, LF."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    seats = [list(_row(seat, plan.zone).values()) for seat in _in_order(plan)]
    carries = cells_of(plan, len(seats))
    rows.writerow((*COLUMNS, COLUMN) if carries else COLUMNS)
    rows.writerows(seats if not carries else ([*seat, cell] for seat, cell in zip(seats, carries, strict=True)))
    return text.getvalue().encode()


def json_of(plan: Plan) -> bytes:
    """The plan as JSON with its proof: UTF-8, LF, a line per shift and engineer."""
    return _lines_of(plan_document(plan)).encode()


def plan_document(plan: Plan) -> dict[str, Any]:
    """The plan with its proof, as its JSON file holds it."""
    relaxed = {"relaxed": [each.id for each in plan.relaxed]} if plan.relaxed else {}
    document: dict[str, Any] = {
        "team": plan.team,
        "timezone": plan.zone.key,
        "first_day": plan.first_day and plan.first_day.isoformat(),
        "last_day": plan.last_day and plan.last_day.isoformat(),
        "seed": plan.seed,
        "notes": list(plan.notes),
        **relaxed,
        **_carried(plan),
        "status": plan.status,
        "fairness": None,
        "shifts": [_row(seat, plan.zone) for seat in _in_order(plan)],
    }
    if plan.fairness is not None:
        document["fairness"] = _fairness(plan.fairness)
    return document


def _in_order(plan: Plan) -> list[Seat]:
    return sorted(plan.seats, key=lambda seat: seat.window.start)


def _row(seat: Seat, zone: ZoneInfo) -> dict[str, str]:
    return {
        "start": _local(seat.window.start, zone),
        "end": _local(seat.window.end, zone),
        "kind": str(seat.kind),
        "role": seat.role,
        "engineer": seat.engineer,
    }


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat()


def _carried(plan: Plan) -> dict[str, Any]:
    """What a plan has from before; no key where there is nothing."""
    carried: dict[str, Any] = {}
    if plan.kept_until is not None:
        carried["kept_until"] = plan.kept_until.isoformat()
    if plan.balances:
        carried["balances"] = [
            {"engineer": each.engineer, "kind": str(each.kind), "balance": each.thousandths / 1000}
            for each in plan.balances
        ]
    return carried


def _fairness(fairness: Fairness) -> dict[str, Any]:
    engineers = [_engineer_fairness(engineer) for engineer in fairness.engineers]
    return {"cost": fairness.cost, "bound": fairness.bound, "engineers": engineers}


def _engineer_fairness(fairness: EngineerFairness) -> dict[str, Any]:
    loads = [
        {"kind": str(load.kind), "role": load.role, "count": load.count, "share": load.share} for load in fairness.loads
    ]
    return {"engineer": fairness.engineer, "weight": fairness.weight, "loads": loads}


def _lines_of(document: Mapping[str, Any], indent: str = "") -> str:
    """JSON with a line per key, and per item of a list of objects: easy to read, and to compare by line."""
    inner = indent + "  "
    lines = []
    for key, value in document.items():
        if isinstance(value, dict):
            text = _lines_of(value, inner).rstrip("\n")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            items = ",\n".join(f"{inner}  {_compact(item)}" for item in value)
            text = f"[\n{items}\n{inner}]"
        else:
            text = _compact(value)
        lines.append(f"{inner}{json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}\n"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
