"""Put a person on call for a span, instead of the one whom the plan names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oncall.planning.schedule_version import AppendedVersion, Author, ScheduleTransaction, append_version
from oncall.schedule.override_checks import check_override, override_objections
from oncall.schedule.version_document import OVERRIDE, override_document
from oncall.support.windows import Window


@dataclass(frozen=True, slots=True)
class PutOn:
    """An override that was made. warnings: what the published roster has against this person then, a sentence each."""

    version: AppendedVersion
    warnings: tuple[str, ...]


def put_on_call(
    tx: ScheduleTransaction, engineer: str, role: str, *, start: datetime, end: datetime, author: Author
) -> PutOn:
    """Put an engineer on call in [start, end) (aware UTC), from now on where the span has begun.

    Raises NotFound and Refused for an override that cannot be meant; see `check_override`.
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
    return PutOn(made, tuple(override_objections(made.after, window, role, engineer)))
