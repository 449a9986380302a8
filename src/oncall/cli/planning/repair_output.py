"""The options of `generate --keep`, and the list of seats that a repair changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from oncall.rotation.repair.repair_result import Repair, SeatChange

KEEP = typer.Option(None, "--keep", metavar="PLAN", help="Repair this plan: change as few of its seats as possible.")
FROM = typer.Option(None, "--from", metavar="DATE", help="With --keep: change no shift that starts before this date.")
CHANGES = typer.Option(
    0,
    "--changes",
    metavar="N",
    min=0,
    help="With --keep: change up to N seats more than needed, if that lowers the cost.",
)
FREEZE = typer.Option(
    0,
    "--freeze",
    metavar="DAYS",
    min=0,
    max=3660,
    help="With --keep: keep current assignments for DAYS days where possible.",
)
OPEN = typer.Option([], "--open", metavar="DATE", help="With --freeze: a date that may change anyway. Repeatable.")


def diff_lines(found: Repair) -> list[str]:
    """Return a line for each changed seat, or for seats that follow each other: who loses it and who gains it."""
    zone, lines = found.plan.zone, []
    for person, (lost, gained) in found.by_person().items():
        counts = (("loses", len(lost)), ("gains", len(gained)))
        lines.append(f"{person}: {', '.join(f'{word} {count}' for word, count in counts if count)}")
        runs = [*(("-", run) for run in _runs(lost)), *(("+", run) for run in _runs(gained))]
        for sign, run in sorted(runs, key=lambda each: (each[1][0].window.start, each[1][0].role)):
            change, start, end = run[0], run[0].window.start.astimezone(zone), run[-1].window.end.astimezone(zone)
            other = f"to {change.after}" if sign == "-" else f"from {change.before}" if change.before else "new"
            until = f" to {end:%a %Y-%m-%d %H:%M}" if len(run) > 1 else ""
            count = f", {len(run)} shifts" if len(run) > 1 else ""
            lines.append(f"  {sign} {start:%a %Y-%m-%d %H:%M}{until} {change.kind} {change.role} ({other}){count}")
    return lines or ["no seat changes hands" if found.moved_shifts else "nothing changes"]


def _runs(changes: Sequence[SeatChange]) -> list[list[SeatChange]]:
    """Return the changes in runs of seats that follow each other without a gap: the same kind, role and engineers."""
    runs: list[list[SeatChange]] = []
    for change in sorted(changes, key=lambda each: (each.role, each.window.start)):
        last = runs[-1][-1] if runs else None
        if (
            last is not None
            and replace(last, window=change.window) == change
            and last.window.end == change.window.start
        ):
            runs[-1].append(change)
        else:
            runs.append([change])
    return runs
