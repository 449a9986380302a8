"""Reads the file of rates for `oncall report pay`, or reports all its faults at once with their places.

currency: USD
rates: {weeknight: 10, weekend: 15, holiday: 20}   # for an hour on call
night: {page: 5, hour: 60}                         # optional: for a page and for an hour of work at night
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from oncall.file_nodes import AtFault, Faults, Node, ScalarNode, shown
from oncall.file_values import Fields, Slot, mapping_of, scalar
from oncall.reports.currencies import CURRENCIES
from oncall.suggestions import nearest, suggestion
from oncall.yamlfile import parse_yaml, read_yaml_text

MOST = 1_000_000
_EXAMPLE = "{weeknight: 10, weekend: 15, holiday: 20}"


@dataclass(frozen=True, slots=True)
class NightRates:
    """The pay for a page at night, and the pay for an hour of work at night."""

    page: Decimal = Decimal(0)
    hour: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Rates:
    """The pay for an hour on call, by kind of shift. currency: an ISO 4217 code. night: None if nights are not paid."""

    currency: str
    hourly: Mapping[str, Decimal]
    night: NightRates | None = None


def read_rates(path: Path, *, kinds: Sequence[str], served: Collection[str]) -> Rates:
    """Read the rates in a file.

    kinds: the kinds of shift that the file may name. served: the kinds that need a rate. Raises FileFaults with every
    fault.
    """
    return rates_from_text(read_yaml_text(path), str(path), kinds=kinds, served=served)


def rates_from_text(text: str, source: str, *, kinds: Sequence[str], served: Collection[str]) -> Rates:
    """Read the rates in a text, as `read_rates` does in a file. source: the file's name in messages."""
    faults = Faults(source)
    try:
        fields = Fields(parse_yaml(text, faults))
        currency = fields.required("currency", _currency, example="USD")
        hourly = fields.required("rates", mapping_of(_kind_rate(kinds)), example=_EXAMPLE)
        night = fields.optional("night", _night_rates, None)
        fields.close()
        _refuse_missing(hourly, [kind for kind in kinds if kind in served])
        rates = Rates(currency.value, hourly.value, night.value)
    except AtFault:
        raise faults.refusal() from None
    faults.raise_any()
    return rates


def _kind_rate(kinds: Sequence[str]) -> Callable[[ScalarNode, Node], Decimal]:
    """Return a reader of the rate of one kind of shift. kinds: the kinds that the file may name."""

    def read(key: ScalarNode, value: Node) -> Decimal:
        if key.text not in kinds:
            key.note(f"is not a kind of shift; {suggestion(key.text, kinds)}")
        return _rate(value)

    return read


def _refuse_missing(hourly: Slot[dict[str, Decimal]], needed: Sequence[str]) -> None:
    """Add a fault for each kind in `needed` that has no rate."""
    if not hourly.is_good:
        return
    place = hourly.place
    for kind in needed:
        if kind not in hourly.value:
            place.faults.note(
                place.line, place.column, f"rates.{kind}",
                f"is missing, and engineers served {kind} shifts in this month; write {kind}: 10",
            )  # fmt: skip


def _night_rates(node: Node) -> NightRates:
    fields = Fields(node)
    page = fields.optional("page", _rate, Decimal(0))
    hour = fields.optional("hour", _rate, Decimal(0))
    fields.close()
    return NightRates(page.value, hour.value)


def _currency(node: Node) -> str:
    text = scalar(node).text
    if text in CURRENCIES:
        return text
    near = nearest(text, CURRENCIES, likeness=0.7)
    mend = f'did you mean "{near}"?' if near else "write an ISO 4217 code like USD"
    raise node.refuse(f"{shown(text)} is not the code of a currency; {mend}")


def _rate(node: Node) -> Decimal:
    """Read an amount of money from 0 to a million, with at most 4 decimals."""
    value = scalar(node)
    if re.fullmatch(r"-[0-9.]+", value.text):
        raise node.refuse(f"{value.text[:40]} is below 0; write an amount of money, like 10 or 12.50")
    if value.is_quoted or not re.fullmatch(r"[0-9]{1,18}([.][0-9]{1,4})?", value.text):
        raise node.refuse(f"{shown(value.text)} is not an amount of money; write a number like 10 or 12.50")
    if Decimal(value.text) > MOST:
        raise node.refuse(f"{value.text} is out of range; write an amount from 0 to {MOST}")
    return Decimal(value.text)
