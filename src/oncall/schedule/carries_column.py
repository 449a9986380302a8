"""The `carries` column of a plan in CSV: the plan's data other than its seats, spread over the rows.

Its items are: `relaxed rest_nights=1@2027-12-20..2027-12-26`, a relaxation; `balance ana weekend -1.250`, how much Ana
served beyond her share before the plan, in shifts; `kept_until 2027-02-15`, the date before which a repair left every
shift unchanged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from oncall.errors import Refused
from oncall.rosters.relaxation import Relaxation, relaxation_named
from oncall.schedule.plan import Balance, Plan
from oncall.support.likely_days import day_fault
from oncall.support.windows import KIND_FORM, WindowKind

COLUMN = "carries"
_SEPARATOR = "; "
_BALANCE = re.compile(rf"(?P<who>\S+) (?P<kind>{KIND_FORM}) (?P<number>[+-]?[0-9]{{1,6}}([.][0-9]{{1,9}})?)")
_FORMS = '"balance ana weekend 1.25", "relaxed rest_nights=1@2027-12-20" or "kept_until 2027-02-15"'


@dataclass(slots=True)
class CarriesColumn:
    """Collects the items (relaxations, balances, `kept_until`) of the cells that are read."""

    kept_until: date | None = None
    balances: tuple[Balance, ...] = ()
    relaxed: tuple[Relaxation, ...] = ()

    def read(self, cell: str) -> None:
        """Add the items of one cell; an empty cell has none. Raises Refused for a text that is not an item."""
        for words in filter(None, (part.strip() for part in cell.split(_SEPARATOR.strip()))):
            what, _, rest = words.partition(" ")
            if what == "relaxed":
                self.relaxed += (relaxation_named(rest),)
            elif what == "balance" and (match := _BALANCE.fullmatch(rest)):
                thousandths = round(1000 * float(match["number"]))
                self.balances += (Balance(match["who"], WindowKind(match["kind"]), thousandths),)
            elif what == "kept_until":
                self.kept_until = _day(rest)
            else:
                raise Refused(f'"{words[:60]}" cannot be read; write {_FORMS}')


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(day_fault(text)) from None


def cells_of(plan: Plan, rows: int) -> list[str]:
    """Return the cells of the column, one for each row; an empty list for a plan without items.

    rows: the number of rows. Each row has one item until there are no more. If there are more items than rows, the last
    row has all the rest.
    """
    items = [f"kept_until {plan.kept_until}"] if plan.kept_until is not None else []
    items += [f"relaxed {each.id}" for each in plan.relaxed]
    items += [f"balance {each.engineer} {each.kind} {each.thousandths / 1000:.3f}" for each in plan.balances]
    if not items or not rows:
        return []
    cells = [*items[: rows - 1], _SEPARATOR.join(items[rows - 1 :])]
    return [*cells, *[""] * (rows - len(cells))][:rows]
