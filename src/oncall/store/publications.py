"""The published schedule and policy, built from their stored texts and kept until a newer version is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from oncall.paging.domain.reachability import Reachability
from oncall.schedule.schedule import Schedule
from oncall.schedule.version_document import PUBLISH, VersionRow, schedule_from_rows
from oncall.store.code_counts import CodeCounts
from oncall.support.calendar import SupportCalendar, calendar_of
from oncall.support.holidays import NO_HOLIDAYS
from oncall.support.policy import Policy
from oncall.support.windows import WeekSpan, WindowKind


def schedule_of(rows: Sequence[VersionRow]) -> Schedule:
    """The schedule that these versions make. Where nothing is published the packaged policy's hours count."""
    if not any(row.kind == PUBLISH for row in rows):
        from oncall.support.policy_file import packaged_policy

        return schedule_from_rows(rows, calendar_of(packaged_policy(), None))
    # Every publication brings its hours. To read the packaged policy all the same would take longer than to answer.
    whole_week = (WeekSpan(WindowKind.WEEKEND, 0, 7 * 24 * 60),)
    schedule = schedule_from_rows(rows, SupportCalendar(ZoneInfo("UTC"), whole_week, NO_HOLIDAYS))
    return replace(schedule, fallback=schedule.calendar)


def policy_of(sources: Mapping[str, str] | None) -> Policy:
    """The policy that a publication came with; the packaged one when there is no publication."""
    from oncall.support.policy_file import packaged_policy, policy_from_sources

    return packaged_policy() if sources is None else policy_from_sources(sources)


@dataclass(frozen=True, slots=True)
class _Built:
    """What was built from all versions up to the last of `rows`."""

    rows: tuple[VersionRow, ...]
    schedule: Schedule

    @property
    def version(self) -> int:
        return self.rows[-1].version if self.rows else 0


class PublishedCache:
    """One process's copy of the schedule and the policy, and its counts of codes. Versions are never rewritten, so a
    number says it all.

    Safe to share between threads: what it holds is replaced whole, and building twice gives the same.
    """

    def __init__(self) -> None:
        self._built: _Built | None = None
        self._policies: dict[int, Policy] = {}
        self.code_counts = CodeCounts()

    def schedule(self, highest: int, load_after: Callable[[int], Sequence[VersionRow]]) -> Schedule:
        """The schedule as of version `highest`; `load_after(n)` gives the versions above n in order."""
        built = self._built
        if built is not None and built.version == highest:
            return built.schedule
        # A snapshot older than what is kept (or a database restored from a backup) is read anew.
        known = built.rows if built is not None and built.version < highest else ()
        rows = (*known, *load_after(known[-1].version if known else 0))
        self._built = _Built(rows, schedule_of(rows))
        return self._built.schedule

    def policy(self, published: int, load: Callable[[int], Mapping[str, str]]) -> Policy:
        """The policy of the publication with version `published`; 0 when there is none."""
        policy = self._policies.get(published)
        if policy is None:
            policy = self._policies[published] = policy_of(load(published) if published else None)
        return policy

    def copy(self) -> PublishedCache:
        """A cache of its own that starts with what this one knows."""
        copied = PublishedCache()
        copied._built, copied._policies, copied.code_counts = self._built, dict(self._policies), self.code_counts
        return copied


class PublishedView:
    """What one database transaction sees, or several between which nobody else has written, and need not read twice:
    the shared cache of schedule and policy, until it holds versions that may yet be rolled back, and free codes."""

    def __init__(self, shared: PublishedCache) -> None:
        self._shared = shared
        self.cache = shared
        self.highest: int | None = None
        self.highest_publication: int | None = None
        """Version numbers as this transaction has read them; None until it has. They hold until it adds one."""
        self.spare_codes: list[str] = []
        """Codes that were looked up in this transaction, and that nobody holds."""
        self.opted_out: list[Reachability] | None = None
        """The people who opted out, as this transaction has read them; None until it has."""

    @property
    def is_detached(self) -> bool:
        """Whether it holds versions of its own."""
        return self.cache is not self._shared

    def detach(self) -> None:
        """From here on nothing that is built reaches the other transactions. Called with each version added, since
        a number is used again after a rollback."""
        self.cache = self._shared.copy()
        self.forget()

    def forget(self) -> None:
        """Read everything anew."""
        self.spare_codes.clear()
        self.opted_out = None
        self.highest = self.highest_publication = None
