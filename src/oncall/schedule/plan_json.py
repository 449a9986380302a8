"""The JSON form of a plan file: its document as a tree of nodes becomes a Plan with its proof."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.file_nodes import AtFault, Faults, ListNode, MapNode, Node, Reader, shown
from oncall.file_values import Fields, list_of, scalar
from oncall.jsonfile import parse_json
from oncall.rosters.relaxation import Relaxation, relaxation_named
from oncall.schedule.plan import Balance, EngineerFairness, Fairness, Load, Plan, PlanStatus, Seat
from oncall.schedule.plan_seats import read_seats, shift_kind

T = TypeVar("T")

_MOST_DIGITS = 18


def plan_of_json(text: str, file: str) -> Plan:
    """Return the plan in a JSON text, with its proof. Unknown keys are ignored.

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
        raise node.refuse(f'{value.written} is not a date; write "2027-01-04"') from None


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
    number = float(value.text) if not value.is_quoted and value.text[0] in "-0123456789" else math.inf
    if not math.isfinite(number):
        raise node.refuse(f"{value.written} is not a number")
    return number


def _list_of(read: Reader[T]) -> Reader[tuple[T, ...]]:
    """A reader of lists whose items `read` takes."""

    def read_list(node: Node) -> tuple[T, ...]:
        _items(node)
        return list_of(read)(node)

    return read_list


def _items(node: Node) -> list[Node]:
    if not isinstance(node, ListNode):
        raise node.refuse("is not a list")
    return node.items
