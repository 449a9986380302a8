"""Appends a new version to the schedule, and lists the shifts and the policy terms that it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oncall.errors import ScheduleMoved
from oncall.paging.ports.records import NewVersion
from oncall.schedule.change_document import window_of
from oncall.schedule.changes import AssignmentChange, changes_between
from oncall.schedule.schedule import Schedule
from oncall.support.policy import Policy
from oncall.support.windows import Window


class ScheduleTransaction(Protocol):
    """The database queries for changing the schedule."""

    def lock_schedule(self) -> None:
        """Lock the schedule: no other transaction can change it until this one ends. Call it before you read."""

    def schedule(self) -> Schedule:
        """Return the published schedule with every change, as of this transaction."""

    def policy(self) -> Policy:
        """Return the policy in force; the packaged one before the first publication."""

    def publication_sources(self, version: int) -> Mapping[str, str]:
        """Return the texts of the files with which a version was published, by name.

        Raises NotFound for other versions.
        """

    def add_version(self, version: NewVersion) -> int:
        """Append a version of the schedule and return its number: 1, 2, 3, ... without a gap."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes the schedule, when (policy time, aware UTC), and why."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class AppendedVersion:
    """A new version of the schedule. before, after: the schedule without and with it.

    span: the time that it changes.
    """

    number: int
    span: Window
    before: Schedule
    after: Schedule
    policy_before: Policy
    policy_after: Policy

    def changes(self) -> list[AssignmentChange]:
        """Return which shifts each engineer gains and loses by this version."""
        return changes_between(self.before, self.after, self.span.start, self.span.end)

    def policy_changes(self) -> list[str]:
        """Return the changes of the policy, one sentence each; empty for the first publication."""
        if not self.before.publications or self.policy_before == self.policy_after:
            return []
        from oncall.support.policy_changes import changes

        return changes(self.policy_before, self.policy_after)


def append_version(
    tx: ScheduleTransaction,
    version: NewVersion,
    check: Callable[[Schedule], None],
    *,
    policy: Policy | None = None,
    expected: int | None = None,
) -> AppendedVersion:
    """Append a version while the schedule is locked, after `check` has accepted the schedule before it.

    check: raises an error to refuse the version. policy: the policy of a publication; None for other versions.
    expected: the newest version that the author has seen; None to accept any. Raises ScheduleMoved if there is a newer
    one.
    """
    tx.lock_schedule()
    before, policy_before = tx.schedule(), tx.policy()
    refuse_moved(before, expected)
    check(before)
    number = tx.add_version(version)
    return AppendedVersion(
        number, window_of(version.document), before, tx.schedule(), policy_before, policy or tx.policy()
    )


def refuse_moved(schedule: Schedule, expected: int | None) -> None:
    """Raise ScheduleMoved if the schedule has a newer version than `expected`. None accepts any version."""
    if expected is None or expected == schedule.newest:
        return
    newer = [note for note in schedule.log if note.version > expected]
    made = "; ".join(f"version {note.version} ({note.kind} by {note.by}: {note.reason})" for note in newer)
    named = "; ".join(f"{note.kind} by {schedule.name_of(note.by)}: {note.reason}" for note in newer)
    raise ScheduleMoved(
        f"the schedule has changed since you read version {expected}: {made or f'it is at {schedule.newest}'}; "
        "nothing was changed. Read the schedule again, then repeat the change",
        on_page=f"the schedule has changed since this page was shown ({named or f'version {schedule.newest}'}); "
        "nothing was changed. Open the page again and look before you repeat the change",
    )
