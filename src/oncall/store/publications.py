"""Caches the published schedule and policy, which take long to build from their stored texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from oncall.paging.domain.reachability import Reachability
from oncall.schedule.schedule import Schedule
from oncall.schedule.version_document import VersionRow, publications_in_force, schedule_from_rows
from oncall.store.code_counts import CodeCounts, RoomCounts
from oncall.support.calendar import SupportCalendar, calendar_of
from oncall.support.holidays import NO_HOLIDAYS
from oncall.support.policy import Policy
from oncall.support.windows import WeekSpan, WindowKind


def schedule_of(rows: Sequence[VersionRow]) -> Schedule:
    """Build the schedule from all versions. If nothing is published, its hours are those of the packaged policy."""
    if not publications_in_force(rows):
        from oncall.support.policy_file import packaged_policy

        return schedule_from_rows(rows, calendar_of(packaged_policy(), None))
    # Each publication brings its own hours, so skip the packaged policy, which takes long to read.
    whole_week = (WeekSpan(WindowKind.WEEKEND, 0, 7 * 24 * 60),)
    schedule = schedule_from_rows(rows, SupportCalendar(ZoneInfo("UTC"), whole_week, NO_HOLIDAYS))
    return replace(schedule, fallback=schedule.calendar)


def policy_of(sources: Mapping[str, str] | None) -> Policy:
    """Build the policy of a publication from its stored texts. sources: None for the packaged policy."""
    from oncall.support.policy_file import packaged_policy, policy_from_sources

    return packaged_policy() if sources is None else policy_from_sources(sources)


@dataclass(frozen=True, slots=True)
class _Built:
    """A schedule and the versions that it was built from."""

    rows: tuple[VersionRow, ...]
    schedule: Schedule

    @property
    def version(self) -> int:
        return self.rows[-1].version if self.rows else 0


class PublishedCache:
    """Caches for one process the schedule, the policies by version number, and the counts of codes.

    Versions never change, so nothing expires. Safe to share between threads: each entry is replaced as a whole.
    """

    def __init__(self) -> None:
        self._built: _Built | None = None
        self._policies: dict[int, Policy] = {}
        self.code_counts = CodeCounts()
        self.urgent_counts = RoomCounts()

    def schedule(self, highest: int, load_after: Callable[[int], Sequence[VersionRow]]) -> Schedule:
        """Return the schedule as of version `highest`. load_after: loads the versions above a number, in order."""
        return self._built_as_of(highest, load_after).schedule

    def rows(self, highest: int, load_after: Callable[[int], Sequence[VersionRow]]) -> Sequence[VersionRow]:
        """Return the versions up to `highest`, in order. load_after: loads the versions above a number, in order."""
        return self._built_as_of(highest, load_after).rows

    def _built_as_of(self, highest: int, load_after: Callable[[int], Sequence[VersionRow]]) -> _Built:
        built = self._built
        if built is not None and built.version == highest:
            return built
        # An older snapshot, or a database restored from a backup, is built from the start.
        known = built.rows if built is not None and built.version < highest else ()
        rows = (*known, *load_after(known[-1].version if known else 0))
        self._built = built = _Built(rows, schedule_of(rows))
        return built

    def policy(self, published: int, load: Callable[[int], Mapping[str, str]]) -> Policy:
        """Return the policy of the publication with version `published`; 0 for the packaged policy.

        load: loads the texts of the publication with this number.
        """
        policy = self._policies.get(published)
        if policy is None:
            policy = self._policies[published] = policy_of(load(published) if published else None)
        return policy

    def copy(self) -> PublishedCache:
        """Return a separate cache with the same entries."""
        copied = PublishedCache()
        copied._built, copied._policies, copied.code_counts = self._built, dict(self._policies), self.code_counts
        copied.urgent_counts = self.urgent_counts
        return copied


class PublishedView:
    """Caches for one transaction what it has read: version numbers, unused codes and opt-outs.

    It uses the shared cache until the transaction adds a version, which may yet be rolled back. Several transactions
    share one view while no other process writes between them.
    """

    def __init__(self, shared: PublishedCache) -> None:
        self._shared = shared
        self.cache = shared
        self.highest: int | None = None
        self.highest_publication: int | None = None
        """The highest version number; None until this transaction reads it. Reset to None when it adds a version."""
        self.spare_codes: list[str] = []
        """Codes that this transaction has looked up and found unused."""
        self.opted_out: list[Reachability] | None = None
        """The people who opted out of a channel; None until this transaction reads them."""

    @property
    def is_detached(self) -> bool:
        """Return True if this view has a cache of its own."""
        return self.cache is not self._shared

    def detach(self) -> None:
        """Stop sharing the cache with other transactions.

        Call it when the transaction adds a version, because a rollback would free the version's number again.
        """
        self.cache = self._shared.copy()
        self.forget()

    def forget(self) -> None:
        """Drop everything that was read, so that the next query reads it again."""
        self.spare_codes.clear()
        self.opted_out = None
        self.highest = self.highest_publication = None
