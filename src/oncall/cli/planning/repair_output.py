"""The options of `generate --keep`, and the list of seats that a repair changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from oncall.rotation.repair.repair_result import Repair

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
    """Return a line for each changed seat: who loses it and who gains it."""
    zone = found.plan.zone
    lines = []
    for person, (lost, gained) in found.by_person().items():
        lines.append(f"{person}: loses {len(lost)}, gains {len(gained)}")
        changes = [*(("-", change) for change in lost), *(("+", change) for change in gained)]
        for sign, change in sorted(changes, key=lambda each: (each[1].window.start, each[1].role)):
            start = change.window.start.astimezone(zone)
            other = f"to {change.after}" if sign == "-" else f"from {change.before}" if change.before else "new"
            lines.append(f"  {sign} {start:%a %Y-%m-%d %H:%M} {change.kind} {change.role} ({other})")
    return lines or ["no seat changes hands" if found.moved_shifts else "nothing changes"]
