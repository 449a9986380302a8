"""Pay for on-call time: the hours of a month by kind of shift, multiplied by a rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import NotRequired, TypedDict

from oncall.reports.duty_view_types import DutyReportView, EngineerDutyView, WorkingTimeBreachView
from oncall.reports.rates_file import Rates

_CENT = Decimal("0.01")
_HOUR = 3600
ROUNDING = (
    "Amounts are rounded to 0.01, halves up, for each engineer and kind; totals are sums of rounded amounts. "
    "Shifts are cut at the month's ends."
)


class KindPayView(TypedDict):
    """An engineer's hours of one kind of shift, and the pay for them."""

    hours: float
    amount: float


class NightPayView(TypedDict):
    """An engineer's pages and hours of work between 23:00 and 06:00, and the pay for them."""

    pages: int
    hours: float
    amount: float


class EngineerPayView(TypedDict):
    """The pay of one engineer."""

    engineer: str
    kinds: dict[str, KindPayView]
    hours: float
    amount: float
    night: NotRequired[NightPayView]


class PayView(TypedDict):
    """The answer of `report pay --json`. breaches: absent unless the rules of working time were asked for."""

    engineers: list[EngineerPayView]
    breaches: NotRequired[list[WorkingTimeBreachView]]


@dataclass(frozen=True, slots=True)
class KindPay:
    """An engineer's time of one kind of shift, and the pay for it. amount: rounded to the cent."""

    kind: str
    seconds: int
    shifts: int
    rate: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class NightPay:
    """An engineer's pages and work at night.

    amount: the pay, rounded to the cent; 0 if the rates do not pay for nights.
    """

    pages: int
    seconds: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class EngineerPay:
    """The pay of one engineer: one row for each kind with a rate, and the pay for nights."""

    engineer: str
    kinds: tuple[KindPay, ...]
    night: NightPay

    @property
    def seconds(self) -> int:
        """Return the time on call in seconds, all kinds together."""
        return sum(each.seconds for each in self.kinds)

    @property
    def shifts(self) -> int:
        """Return how many shifts begin in the month, all kinds together."""
        return sum(each.shifts for each in self.kinds)

    @property
    def amount(self) -> Decimal:
        """Return the whole pay: the sum of the rounded amounts."""
        return sum((each.amount for each in self.kinds), self.night.amount)


@dataclass(frozen=True, slots=True)
class Pay:
    """The pay for a month. kinds: those with a rate, in the policy's order.

    pays_nights: True if the rates pay for nights.
    """

    month: str
    currency: str
    kinds: tuple[str, ...]
    engineers: tuple[EngineerPay, ...]
    pays_nights: bool


def pay_of(duty: DutyReportView, rates: Rates) -> Pay:
    """Return the pay for a month's duty. The rates must have each kind that an engineer served."""
    kinds = tuple(kind for kind in duty["kinds"] if kind in rates.hourly)
    engineers = tuple(_engineer_pay(row, kinds, rates) for row in duty["engineers"])
    return Pay(duty["month"], rates.currency, kinds, engineers, rates.night is not None)


def _engineer_pay(row: EngineerDutyView, kinds: Sequence[str], rates: Rates) -> EngineerPay:
    paid = tuple(_kind_pay(row, kind, rates.hourly) for kind in kinds)
    amount = Decimal(0)
    if rates.night is not None:
        hours = Decimal(row["night_work_seconds"]) / _HOUR
        amount = row["night_pages"] * rates.night.page + hours * rates.night.hour
    return EngineerPay(row["engineer"], paid, NightPay(row["night_pages"], row["night_work_seconds"], _cents(amount)))


def _kind_pay(row: EngineerDutyView, kind: str, hourly: Mapping[str, Decimal]) -> KindPay:
    duty = row["kinds"].get(kind, {"seconds": 0, "shifts": 0})
    amount = _cents(duty["seconds"] * hourly[kind] / _HOUR)
    return KindPay(kind, duty["seconds"], duty["shifts"], hourly[kind], amount)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def pay_view(pay: Pay, breaches: Sequence[WorkingTimeBreachView] | None = None) -> PayView:
    """Return the pay as JSON. breaches: None if the rules of working time were not asked for."""
    view: PayView = {"engineers": [_engineer_view(each, has_nights=pay.pays_nights) for each in pay.engineers]}
    return view if breaches is None else {**view, "breaches": list(breaches)}


def _engineer_view(each: EngineerPay, *, has_nights: bool) -> EngineerPayView:
    view: EngineerPayView = {
        "engineer": each.engineer,
        "kinds": {row.kind: {"hours": row.seconds / _HOUR, "amount": float(row.amount)} for row in each.kinds},
        "hours": each.seconds / _HOUR,
        "amount": float(each.amount),
    }
    if has_nights:
        night = each.night
        view["night"] = {"pages": night.pages, "hours": night.seconds / _HOUR, "amount": float(night.amount)}
    return view
