"""What a plan carries beside its seats, as words in the `carries` column of a CSV: one each, spread over the rows.

`relaxed rest_nights=1@2027-12-20..2027-12-26` is an exception that was agreed, `balance ana weekend -1.250` what ana
served beyond her share before, in shifts, and `kept_until 2027-02-15` the date before which shifts stand as they were.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from oncall.errors import Refused
from oncall.rosters.relaxation import Relaxation, relaxation_named
from oncall.schedule.plan import Balance, Plan
from oncall.support.windows import WindowKind

COLUMN = "carries"
_BETWEEN = "; "
_BALANCE = re.compile(r"(?P<who>\S+) (?P<kind>weeknight|weekend|holiday) (?P<number>[+-]?[0-9]{1,6}([.][0-9]{1,9})?)")
_FORMS = '"balance ana weekend 1.25", "relaxed rest_nights=1@2027-12-20" or "kept_until 2027-02-15"'


@dataclass(slots=True)
class CarriedColumn:
    """What was read so far. `read` raises Refused for words that say nothing."""

    kept_until: date | None = None
    balances: tuple[Balance, ...] = ()
    relaxed: tuple[Relaxation, ...] = ()

    def read(self, cell: str) -> None:
        """Take what one cell says; an empty one says nothing."""
        for words in filter(None, (part.strip() for part in cell.split(_BETWEEN.strip()))):
            what, _, rest = words.partition(" ")
            if what == "relaxed":
                self.relaxed += (relaxation_named(rest),)
            elif what == "balance" and (match := _BALANCE.fullmatch(rest)):
                thousandths = round(1000 * float(match["number"]))
                self.balances += (Balance(match["who"], WindowKind(match["kind"]), thousandths),)
            elif what == "kept_until":
                self.kept_until = _day(rest)
            else:
                raise Refused(f'"{words[:60]}" is nothing that a plan carries; write {_FORMS}')


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f'"{text[:40]}" is not a date; write "2027-01-04"') from None


def cells_of(plan: Plan, rows: int) -> list[str]:
    """The cells of the column, from the first row on, the last one with the rest; none where nothing is carried."""
    items = [f"kept_until {plan.kept_until}"] if plan.kept_until is not None else []
    items += [f"relaxed {each.id}" for each in plan.relaxed]
    items += [f"balance {each.engineer} {each.kind} {each.thousandths / 1000:.3f}" for each in plan.balances]
    if not items or not rows:
        return []
    cells = [*items[: rows - 1], _BETWEEN.join(items[rows - 1 :])]
    return [*cells, *[""] * (rows - len(cells))][:rows]
