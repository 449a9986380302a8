"""Reads and writes the JSON form of a plan, which has the whole plan with its proof."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypedDict, TypeVar
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.file_nodes import AtFault, Faults, ListNode, MapNode, Node, Reader, shown
from oncall.file_values import Fields, list_of, scalar
from oncall.jsonfile import parse_json
from oncall.rosters.relaxation import Relaxation, relaxation_named
from oncall.schedule.plan import Balance, Clumps, EngineerFairness, Fairness, Load, Plan, PlanStatus, Seat, UnmetRequest
from oncall.schedule.plan_seats import COLUMNS, read_seats, seat_cells, shift_kind
from oncall.support.likely_days import day_advice

T = TypeVar("T")

_MOST_DIGITS = 18


class BalanceDocument(TypedDict):
    """An engineer's balance of one kind, in shifts."""

    engineer: str
    kind: str
    balance: float


class LoadDocument(TypedDict):
    """How many shifts of one kind an engineer has in one role (null: in all roles), and their share."""

    kind: str
    role: str | None
    count: int
    share: float


class EngineerFairnessDocument(TypedDict):
    """One engineer's weight and loads."""

    engineer: str
    weight: float
    loads: list[LoadDocument]


class FairnessDocument(TypedDict):
    """The proof of fairness: the plan's cost, and the bound that no plan can beat."""

    cost: int
    bound: int
    engineers: list[EngineerFairnessDocument]


class ClumpsDocument(TypedDict):
    """The largest distance from a share in any four weeks in a row, and a lower bound on it, both in shifts."""

    distance: float
    bound: float


class UnmetRequestDocument(TypedDict):
    """A request that the plan does not meet. `date` is the date on which the shift starts."""

    engineer: str
    date: str
    asked: str
    reason: str


class _Carried(TypedDict, total=False):
    unmet_requests: list[UnmetRequestDocument]
    clumps: ClumpsDocument
    relaxed: list[str]
    kept_until: str
    balances: list[BalanceDocument]


class PlanDocument(_Carried):
    """A plan as JSON. Dates and times are ISO 8601; `end` of a shift is exclusive."""

    team: str
    timezone: str
    first_day: str | None
    last_day: str | None
    seed: int | None
    notes: list[str]
    status: str | None
    fairness: FairnessDocument | None
    shifts: list[dict[str, str]]


def json_of(plan: Plan) -> bytes:
    """Return the plan as JSON: UTF-8, LF, a line for each seat and each engineer."""
    return _lines_of(plan_document(plan)).encode()


def plan_document(plan: Plan) -> PlanDocument:
    """Return the plan as a JSON document, in the form of the plan file."""
    seats = sorted(plan.seats, key=lambda seat: seat.window.start)
    return {
        "team": plan.team,
        "timezone": plan.zone.key,
        "first_day": plan.first_day.isoformat() if plan.first_day is not None else None,
        "last_day": plan.last_day.isoformat() if plan.last_day is not None else None,
        "seed": plan.seed,
        "notes": list(plan.notes),
        **_carried(plan),
        "status": plan.status,
        "fairness": _fairness_document(plan.fairness) if plan.fairness is not None else None,
        "shifts": [dict(zip(COLUMNS, seat_cells(seat, plan.zone), strict=True)) for seat in seats],
    }


def _carried(plan: Plan) -> _Carried:
    """Return the plan's clumps, unmet requests, relaxations, `kept_until` and balances. Absent ones have no key."""
    carried: _Carried = {}
    if plan.clumps is not None:
        carried["clumps"] = {"distance": plan.clumps.distance / 1000, "bound": plan.clumps.bound / 1000}
    if plan.unmet:
        carried["unmet_requests"] = [
            {"engineer": each.engineer, "date": each.day.isoformat(), "asked": each.asked, "reason": each.reason}
            for each in plan.unmet
        ]
    if plan.relaxed:
        carried["relaxed"] = [each.id for each in plan.relaxed]
    if plan.kept_until is not None:
        carried["kept_until"] = plan.kept_until.isoformat()
    if plan.balances:
        carried["balances"] = [
            {"engineer": each.engineer, "kind": str(each.kind), "balance": each.thousandths / 1000}
            for each in plan.balances
        ]
    return carried


def _fairness_document(fairness: Fairness) -> FairnessDocument:
    engineers: list[EngineerFairnessDocument] = [
        {
            "engineer": each.engineer,
            "weight": each.weight,
            "loads": [
                {"kind": str(load.kind), "role": load.role, "count": load.count, "share": load.share}
                for load in each.loads
            ],
        }
        for each in fairness.engineers
    ]
    return {"cost": fairness.cost, "bound": fairness.bound, "engineers": engineers}


def _lines_of(document: Mapping[str, object], indent: str = "") -> str:
    """Return JSON text with a line for each key and each item of a list of objects, so that line diffs are useful."""
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


def plan_of_json(text: str, file: str) -> Plan:
    """Read the plan in a JSON text, with its proof. Unknown keys are ignored.

    file: the name of the file in messages. Raises FileFaults with every fault.
    """
    faults = Faults(file)
    root = parse_json(text, faults)
    if not isinstance(root, MapNode):
        root.note('is no object; a plan begins like {"team": "cas-support", ...')
        raise faults.refusal()
    try:
        plan = _plan(root)
    except AtFault:
        raise faults.refusal() from None
    faults.raise_any()
    return plan


def _plan(root: MapNode) -> Plan:
    fields = Fields(root)
    team = fields.required("team", _text, example='"cas-support"')
    zone = fields.required("timezone", _zone, example='"America/New_York"')
    seats = fields.required("shifts", _seats, example="[...]")
    status = fields.optional("status", _status, None)
    fairness = fields.optional("fairness", _fairness, None)
    first_day = fields.optional("first_day", _day, None)
    last_day = fields.optional("last_day", _day, None)
    seed = fields.optional("seed", _whole_number, None)
    notes = fields.optional("notes", _list_of(_text), ())
    balances = fields.optional("balances", _list_of(_balance), ())
    kept_until = fields.optional("kept_until", _day, None)
    relaxed = fields.optional("relaxed", _list_of(_relaxation), ())
    clumps = fields.optional("clumps", _clumps, None)
    unmet = fields.optional("unmet_requests", _list_of(_unmet_request), ())
    return Plan(
        team=team.value,
        zone=zone.value,
        seats=seats.value,
        status=status.value,
        fairness=fairness.value,
        first_day=first_day.value,
        last_day=last_day.value,
        seed=seed.value,
        notes=notes.value,
        balances=balances.value,
        kept_until=kept_until.value,
        relaxed=relaxed.value,
        clumps=clumps.value,
        unmet=unmet.value,
    )


def _seats(node: Node) -> tuple[Seat, ...]:
    return read_seats(_items(node))


def _text(node: Node) -> str:
    value = scalar(node)
    if not value.is_quoted:
        raise node.refuse(f"{value.written} is not a text; put it in quotes")
    return value.text


def _zone(node: Node) -> ZoneInfo:
    name = _text(node)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise node.refuse(f'{shown(name)} is not a time zone; write one like "America/New_York"') from None


def _status(node: Node) -> PlanStatus:
    value = scalar(node)
    if value.text not in list(PlanStatus):
        raise node.refuse(f"{value.written} is not a status; write optimal or feasible")
    return PlanStatus(value.text)


def _day(node: Node) -> date:
    value = scalar(node)
    try:
        return date.fromisoformat(value.text if value.is_quoted else "")
    except ValueError:
        raise node.refuse(f"{value.written} {day_advice(value.text)}") from None


def _relaxation(node: Node) -> Relaxation:
    try:
        return relaxation_named(_text(node))
    except Refused as refusal:
        raise node.refuse(str(refusal)) from None


def _balance(node: Node) -> Balance:
    fields = Fields(node)
    engineer = fields.required("engineer", _text, example='"ana"')
    kind = fields.required("kind", shift_kind, example='"weekend"')
    balance = fields.required("balance", _number, example="1.25")
    return Balance(engineer.value, kind.value, round(1000 * balance.value))


def _unmet_request(node: Node) -> UnmetRequest:
    fields = Fields(node)
    engineer = fields.required("engineer", _text, example='"ana"')
    day = fields.required("date", _day, example='"2027-01-04"')
    asked = fields.required("asked", _text, example='"asked to avoid the weeknight shift"')
    reason = fields.required("reason", _text, example='"the shift of 2027-01-05 is too near"')
    return UnmetRequest(engineer.value, day.value, asked.value, reason.value)


def _clumps(node: Node) -> Clumps:
    fields = Fields(node)
    distance = fields.required("distance", _number, example="1.333")
    bound = fields.required("bound", _number, example="1.333")
    return Clumps(round(1000 * distance.value), round(1000 * bound.value))


def _fairness(node: Node) -> Fairness:
    fields = Fields(node)
    cost = fields.required("cost", _whole_number, example="0")
    bound = fields.required("bound", _whole_number, example="0")
    engineers = fields.required("engineers", _list_of(_engineer_fairness), example="[...]")
    return Fairness(cost.value, bound.value, engineers.value)


def _engineer_fairness(node: Node) -> EngineerFairness:
    fields = Fields(node)
    engineer = fields.required("engineer", _text, example='"ana"')
    weight = fields.required("weight", _number, example="52.0")
    loads = fields.required("loads", _list_of(_load), example="[...]")
    return EngineerFairness(engineer.value, weight.value, loads.value)


def _load(node: Node) -> Load:
    fields = Fields(node)
    kind = fields.required("kind", shift_kind, example='"weekend"')
    role = fields.optional("role", _text, None)
    count = fields.required("count", _whole_number, example="3")
    share = fields.required("share", _number, example="2.5")
    return Load(kind.value, role.value, count.value, share.value)


def _whole_number(node: Node) -> int:
    value = scalar(node)
    if value.is_quoted or not re.fullmatch(r"-?[0-9]+", value.text):
        raise node.refuse(f"{value.written} is not a whole number")
    if len(value.text) > _MOST_DIGITS:
        raise node.refuse(f"{value.written} is too large a number")
    return int(value.text)


def _number(node: Node) -> float:
    value = scalar(node)
    # JSON has numbers and words outside quotes, and of the words none begins like a number.
    number = float(value.text) if not value.is_quoted and value.text[0] in "-0123456789" else math.nan
    if not abs(number) < 1e12:
        raise node.refuse(f"{value.written} is {'not a number' if math.isnan(number) else 'out of range'}")
    return number


def _list_of(read: Reader[T]) -> Reader[tuple[T, ...]]:
    """Return a reader of lists that reads each item with `read`."""

    def read_list(node: Node) -> tuple[T, ...]:
        _items(node)
        return list_of(read)(node)

    return read_list


def _items(node: Node) -> Sequence[Node]:
    if not isinstance(node, ListNode):
        raise node.refuse("is not a list")
    return node.items
