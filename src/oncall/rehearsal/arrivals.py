"""The tickets of a rehearsal: read from a file, or random at a rate, with the hours and impacts of a help desk."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random

from oncall.errors import Fault, FileFaults, Refused
from oncall.file_nodes import Faults
from oncall.paging.domain.ticket import Ticket
from oncall.paging.domain.verdict import impact_named, plan_named
from oncall.support.calendar import SupportCalendar
from oncall.support.likely_times import time_advice
from oncall.support.local_time import read_time
from oncall.support.policy import Policy
from oncall.support.windows import Window, WindowKind

COLUMNS = ("at", "customer", "plan", "impact")
"""The columns that every file of tickets has. `subject` is optional; other columns are ignored."""

MOST_TICKETS = 2_000_000
_YEAR = timedelta(days=365.2425)
_PER = {"day": timedelta(days=1), "week": timedelta(weeks=1), "month": _YEAR / 12, "year": _YEAR}
_HOUR = timedelta(hours=1)
_BUSINESS_WEIGHT = 6
"""How many times as many random tickets arrive in a business hour as in any other hour."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A ticket, and the instant (aware UTC, whole seconds) at which it arrives."""

    at: datetime
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate of tickets: `count` in each span of the length `per`."""

    count: float
    per: timedelta

    def over(self, span: timedelta) -> int:
        """Return how many tickets arrive in a span of this length."""
        return round(self.count * (span / self.per))


def rate_of(text: str) -> Rate:
    """Parse a rate like `10000/year` or `40/day`. Raises Refused for any other text."""
    found = re.fullmatch(r"([0-9][0-9_,]*(?:\.[0-9]+)?) */ *(day|week|month|year)", text.strip().lower())
    if not found:
        raise Refused(f'"{text[:40]}" is not a rate; write "10000/year", "200/week" or "40/day"')
    return Rate(float(found[1].replace(",", "").replace("_", "")), _PER[found[2]])


def made_up(rate: Rate, span: Window, policy: Policy, calendar: SupportCalendar, *, seed: int) -> list[Arrival]:
    """Return random tickets at a rate, ordered by time: most in business hours, few urgent. One seed gives one list.

    The shares of impacts and plans follow their order in the policy. Of four impacts, the first has 5 %, the others 15,
    45 and 35 %. Each plan has a third as many tickets as the plan above it.
    """
    count = rate.over(span.end - span.start)
    if not 0 < count <= MOST_TICKETS:
        raise Refused(f"the rate makes {count:,} tickets in that time; a rehearsal takes 1 to {MOST_TICKETS:,}")
    random = Random(f"{seed}/arrivals")  # noqa: S311
    hours = [span.start + _HOUR * number for number in range(-(-(span.end - span.start) // _HOUR))]
    weights = [_BUSINESS_WEIGHT if calendar.window_at(at).kind is WindowKind.BUSINESS else 1 for at in hours]
    chosen = random.choices(hours, cum_weights=list(accumulate(weights)), k=count)
    instants = sorted(min(at + timedelta(seconds=random.randrange(3600)), span.end) for at in chosen)
    impacts, plans = list(policy.impacts), list(policy.plans)
    impact_weights = (5, 15, 45, 35) if len(impacts) == 4 else (1,) * len(impacts)
    plan_weights = [3.0 ** (len(plans) - place) for place in range(len(plans))]
    return [
        Arrival(
            at, _ticket(number, random, *random.choices(plans, plan_weights), *random.choices(impacts, impact_weights))
        )
        for number, at in enumerate(instants, start=1)
    ]


def _ticket(number: int, random: Random, plan: str, impact: str) -> Ticket:
    customer = f"Customer {random.randrange(1, 41):02d} ({plan})"
    return Ticket(f"R-{number}", customer, plan, impact, f"rehearsed ticket {number}")


def read_tickets(path: Path, policy: Policy) -> list[Arrival]:
    """Read the tickets in a CSV file. Returns them ordered by time.

    Columns: `at` (ISO 8601; policy time without an offset), `customer`, `plan` and `impact` (names or aliases of the
    policy), and optionally `subject`. A ticket without a plan gets the customer's plan in the customers file.

    Raises FileFaults with every fault and its line. Reading stops after MOST_READ_FAULTS faults.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FileFaults([Fault(str(path), 0, 0, "", f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise FileFaults([Fault(str(path), 0, 0, "", f"byte {error.start} is not UTF-8; save it as UTF-8")]) from error
    return _Reader(str(path), policy).read(text)


class _Reader:
    """Reads one file of tickets, and collects every fault."""

    def __init__(self, file: str, policy: Policy) -> None:
        self._policy, self._faults = policy, Faults(file)

    def read(self, text: str) -> list[Arrival]:
        rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        arrivals: list[Arrival] = []
        try:
            if self._has_columns(rows.fieldnames or ()):
                arrivals = [found for row in rows if (found := self._arrival(rows.line_num, row)) is not None]
        except csv.Error as error:
            self._fault(rows.line_num + 1, "", f"is not CSV: {error}")
        if not self._faults and not arrivals:
            self._fault(1, "", "holds no ticket; write one a line below the header")
        self._faults.raise_any()
        return sorted(arrivals, key=lambda arrival: arrival.at)

    def _fault(self, line: int, path: str, message: str) -> None:
        self._faults.note(line, 1, path, message)

    def _has_columns(self, names: Sequence[str]) -> bool:
        missing = [column for column in COLUMNS if column not in names]
        if missing:
            semicolons = (
                "separate the columns with commas, not semicolons: " if any(";" in name for name in names) else ""
            )
            words = f'{semicolons}write "at,customer,plan,impact"'
            self._fault(1, "", f"the header lacks {', '.join(missing)}; {words}")
        return not missing

    def _arrival(self, line: int, row: Mapping[str, str | None]) -> Arrival | None:
        if None in row:
            # A comma in a text without quotes moves every later cell into a wrong column.
            self._fault(line, "", "has more cells than the header has columns; put a text that holds a comma in quotes")
            return None
        cells = {name: (row.get(name) or "").strip() for name in (*COLUMNS, "subject")}
        before = len(self._faults)
        at = self._instant(line, cells["at"])
        if not cells["customer"]:
            self._fault(line, "customer", "is empty")
        listed = self._policy.customer(cells["customer"]) if not cells["plan"] else None
        plan = listed.plan if listed is not None else self._name(line, "plan", cells["plan"])
        impact = self._name(line, "impact", cells["impact"])
        if at is None or len(self._faults) > before:
            return None
        subject = cells["subject"] or "rehearsed ticket"
        return Arrival(at, Ticket(f"L-{line}", cells["customer"][:200], plan, impact, subject[:1000]))

    def _instant(self, line: int, text: str) -> datetime | None:
        try:
            return read_time(text, self._policy.zone).at.replace(microsecond=0)
        except Refused as skipped:
            self._fault(line, "at", str(skipped))
            return None
        except (ValueError, OverflowError):
            example = 'write "2027-01-09T03:12" or "2027-01-09T03:12-05:00"'
            self._fault(line, "at", f'"{text[:40]}" is not a time; {time_advice(text[:100], example=example)}')
            return None

    def _name(self, line: int, column: str, text: str) -> str:
        try:
            return (plan_named if column == "plan" else impact_named)(text, self._policy).name
        except Refused as refusal:
            known = ", ".join(self._policy.plans if column == "plan" else self._policy.impacts)
            self._fault(line, column, str(refusal) if text else f"is empty; write one of {known}")
            return ""
