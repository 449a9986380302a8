"""A new version of the schedule: append it, and list the shifts and the policy terms that it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oncall.paging.ports.records import NewVersion
from oncall.schedule.changes import AssignmentChange, changes_between
from oncall.schedule.schedule import Schedule
from oncall.schedule.version_document import OverrideDocument, PublicationDocument, window_of
from oncall.support.policy import Policy
from oncall.support.windows import Window


class ScheduleTransaction(Protocol):
    """What changing the schedule needs of a transaction."""

    def schedule(self) -> Schedule:
        """Return the published schedule with every override, as of this transaction."""

    def policy(self) -> Policy:
        """Return the policy in force; the packaged one before the first publication."""

    def add_version(self, version: NewVersion) -> int:
        """Append a schedule version and number it: 1, 2, 3, ... without a hole."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes the schedule, when (policy time, aware UTC), and why."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class AppendedVersion:
    """A new version of the schedule, and the schedule and policy before and after it. span: the time that it covers."""

    number: int
    span: Window
    before: Schedule
    after: Schedule
    policy_before: Policy
    policy_after: Policy

    def changes(self) -> list[AssignmentChange]:
        """Return who gains and who loses which shifts."""
        return changes_between(self.before, self.after, self.span.start, self.span.end)

    def policy_changes(self) -> list[str]:
        """Return what changes for customers, a sentence each; nothing was promised before the first publication."""
        if not self.before.publications or self.policy_before == self.policy_after:
            return []
        from oncall.support.policy_changes import changes

        return changes(self.policy_before, self.policy_after)


def append_version(
    tx: ScheduleTransaction,
    kind: str,
    document: PublicationDocument | OverrideDocument,
    author: Author,
    check: Callable[[Schedule], None],
    *,
    policy: Policy | None = None,
    sources: Mapping[str, str] | None = None,
) -> AppendedVersion:
    """Append a version, after `check` has accepted the present schedule.

    policy, sources: for a publication the policy that it brings, and the texts that it keeps.
    """
    before, policy_before = tx.schedule(), tx.policy()
    check(before)
    number = tx.add_version(NewVersion(author.at, kind, author.by, author.reason.strip(), document, sources or {}))
    return AppendedVersion(number, window_of(document), before, tx.schedule(), policy_before, policy or policy_before)
