"""Who carries how much, against their share: a table for pandas and a drawing for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from oncall.rosters.roster import Roster
from oncall.rotation.cost import fairness_of
from oncall.rotation.shares import shares_of
from oncall.schedule.plan import Fairness, Load, Plan, Shift

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table
    from rich.text import Text

ALL_ROLES = "all"
BAR_CELLS = 32


def fairness_of_plan(plan: Plan, roster: Roster) -> Fairness:
    """The loads of a plan as it stands, worked out anew; the bound is the plan's own, 0 when it has none."""
    shares = shares_of(roster, staffed_shifts(plan, roster.policy.zone))
    held = [(seat.kind, seat.role, seat.engineer) for seat in plan.seats]
    return fairness_of(held, shares, bound=plan.fairness.bound if plan.fairness else 0)


def staffed_shifts(plan: Plan, zone: ZoneInfo) -> tuple[Shift, ...]:
    """The shifts that the plan's seats are of, in time order, with the nights they take in `zone`."""
    kinds = {seat.window: seat.kind for seat in plan.seats}
    shifts = []
    for window in sorted(kinds, key=lambda window: window.start):
        first, last = window.start.astimezone(zone).date(), window.end.astimezone(zone).date()
        shifts.append(Shift(window, kinds[window], first, first.toordinal(), last.toordinal()))
    return tuple(shifts)


def table_of(fairness: Fairness) -> pd.DataFrame:
    """One row per engineer, kind and role (`all` is all roles together): count, share, and count less share."""
    import pandas as pd

    rows = [
        {
            "engineer": engineer.engineer,
            "kind": str(load.kind),
            "role": load.role or ALL_ROLES,
            "count": load.count,
            "share": load.share,
            "difference": load.count - load.share,
        }
        for engineer in fairness.engineers
        for load in engineer.loads
    ]
    return pd.DataFrame(rows, columns=["engineer", "kind", "role", "count", "share", "difference"])


def wide_table(table: pd.DataFrame) -> pd.DataFrame:
    """For reading: a row per engineer; per kind the count of each role and of all, the share and the difference."""
    import pandas as pd

    parts = {}
    for kind, rows in table.groupby("kind", sort=False):
        counts = rows.pivot_table(index="engineer", columns="role", values="count", sort=False, aggfunc="sum")
        together = rows[rows["role"] == ALL_ROLES].set_index("engineer")
        parts[kind] = counts.assign(share=together["share"].round(2), off=together["difference"].round(2))
    return pd.concat(parts, axis=1) if parts else pd.DataFrame()


def drawing_of(fairness: Fairness, *, plain: bool = False) -> list[Table]:
    """One table per kind: each engineer's load as a bar with a mark where their share is. `plain` keeps to ASCII."""
    from rich import box
    from rich.table import Table

    tables = []
    kinds = dict.fromkeys(load.kind for engineer in fairness.engineers for load in engineer.loads)
    for kind in kinds:
        loads = [
            (engineer.engineer, load)
            for engineer in fairness.engineers
            for load in engineer.loads
            if load.kind is kind and load.role is None
        ]
        most = max(max(load.count, load.share) for _, load in loads)
        table = Table(title=f"{kind}: load against share", title_justify="left", box=box.ASCII if plain else None)
        table.add_column("", no_wrap=True)
        table.add_column("", no_wrap=True, min_width=BAR_CELLS)
        table.add_column("load", justify="right", no_wrap=True)
        table.add_column("share", justify="right", no_wrap=True)
        table.add_column("off", justify="right", no_wrap=True)
        for engineer, load in loads:
            off = f"{load.count - load.share:+.2f}"
            table.add_row(engineer, _bar(load, most, plain=plain), str(load.count), f"{load.share:.2f}", off)
        tables.append(table)
    return tables


def _bar(load: Load, most: float, *, plain: bool) -> Text:
    """The load as filled cells and the share as a mark: green within one shift of it, yellow within two, else red."""
    from rich.text import Text

    full, empty, mark = ("#", ".", "|") if plain else ("█", "░", "┃")
    scale = (BAR_CELLS - 1) / most if most else 0.0
    filled, share_at = round(load.count * scale), round(load.share * scale)
    off = abs(load.count - load.share)
    style = "green" if off <= 1 else "yellow" if off <= 2 else "red"
    cells = [full if cell < filled else empty for cell in range(BAR_CELLS)]
    cells[share_at] = mark
    return Text("".join(cells), style=style)
