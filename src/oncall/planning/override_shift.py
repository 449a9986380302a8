"""Override a shift: put another engineer on call for a span of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oncall.planning.schedule_version import AppendedVersion, Author, ScheduleTransaction, append_version
from oncall.schedule.override_checks import check_override, override_objections
from oncall.schedule.version_document import OVERRIDE, override_document
from oncall.support.windows import Window


@dataclass(frozen=True, slots=True)
class OverrideMade:
    """An override that was made. warnings: why the published roster advises against it, a sentence each."""

    version: AppendedVersion
    warnings: tuple[str, ...]


def override_shift(
    tx: ScheduleTransaction, engineer: str, role: str, *, start: datetime, end: datetime, author: Author
) -> OverrideMade:
    """Put an engineer on call in [start, end) (aware UTC), from now on where the span has begun.

    Raises NotFound and Refused for an override that cannot be made; see `check_override`.
    """
    now = author.at.replace(microsecond=0)
    window = Window(max(start, now) if end > now else start, end)
    made = append_version(
        tx,
        OVERRIDE,
        override_document(window, role, engineer),
        author,
        lambda schedule: check_override(schedule, window, role, engineer, now),
    )
    return OverrideMade(made, tuple(override_objections(made.after, window, role, engineer)))
