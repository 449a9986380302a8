"""Overrides a shift: puts another engineer on call for a span of time."""

from __future__ import annotations

from datetime import datetime

from oncall.planning.published.change_rules import BrokenRule
from oncall.planning.published.change_schedule import ChangeMade, ChangeTerms, change_schedule
from oncall.planning.published.schedule_version import Author, ScheduleTransaction
from oncall.schedule.change_document import OVERRIDE
from oncall.schedule.schedule import Schedule
from oncall.schedule.versions import Piece
from oncall.support.windows import Window
from oncall.support.wording import full_time


def override_shift(
    tx: ScheduleTransaction,
    engineer: str,
    role: str,
    *,
    start: datetime,
    end: datetime,
    author: Author,
    terms: ChangeTerms | None = None,
) -> ChangeMade:
    """Put an engineer on call in [start, end) (aware UTC). If the span has already begun, it applies from now on.

    Raises NotFound, Refused and ScheduleMoved; see `change_schedule`.
    """
    piece = Piece(Window(start, end), role, engineer)
    return change_schedule(tx, OVERRIDE, [piece], author, terms, further=lambda schedule: _overlaps(schedule, piece))


def _overlaps(schedule: Schedule, piece: Piece) -> list[BrokenRule]:
    """Return a broken rule for each earlier change that this piece would replace."""
    zone = schedule.calendar.zone
    found = []
    for each in schedule.assignments(piece.window.start, piece.window.end):
        change = each.override
        if change is not None and each.role == piece.role and each.engineer != piece.engineer:
            span = f"{full_time(each.window.start, zone)} to {full_time(each.window.end, zone)}"
            sentence = (
                f"{each.engineer} is {each.role} from {span} by version {change.version} "
                f"({change.kind} by {change.by}: {change.reason}), which this would replace; "
                f"`oncall undo {change.version}` takes it back"
            )
            found.append(BrokenRule("overlap", (each.engineer,), sentence))
    return found
