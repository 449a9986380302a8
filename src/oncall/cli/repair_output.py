"""Repair in the terminal: the options of `generate --keep`, and who gains and loses which seats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from oncall.rotation.repair.repair_result import Repair

KEEP = typer.Option(None, "--keep", metavar="PLAN", help="Mend this plan: as few seats as possible change.")
FROM = typer.Option(None, "--from", metavar="DATE", help="With --keep: shifts that start before it stay as they are.")
CHANGES = typer.Option(0, "--changes", metavar="N", min=0, help="With --keep: let so many more seats change.")
FREEZE = typer.Option(
    0, "--freeze", metavar="DAYS", min=0, max=3660, help="With --keep: whoever still can stays for so many days."
)
OPEN = typer.Option(
    [], "--open", metavar="DATE", help="With --freeze: a date that may change all the same; repeatable."
)


def diff_lines(found: Repair) -> list[str]:
    """Who loses and gains which seats, a line for each."""
    zone = found.plan.zone
    lines = []
    for person, (lost, gained) in found.by_person().items():
        lines.append(f"{person}: loses {len(lost)}, gains {len(gained)}")
        changes = [*(("-", change) for change in lost), *(("+", change) for change in gained)]
        for sign, change in sorted(changes, key=lambda each: (each[1].window.start, each[1].role)):
            start = change.window.start.astimezone(zone)
            other = f"to {change.after}" if sign == "-" else f"from {change.before}" if change.before else "new"
            lines.append(f"  {sign} {start:%a %Y-%m-%d %H:%M} {change.kind} {change.role} ({other})")
    return lines or ["nothing changes for anybody"]
