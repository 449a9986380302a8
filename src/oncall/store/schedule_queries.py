"""Queries for the schedule's versions and their policies in one open transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select, text

from oncall.errors import NotFound
from oncall.paging.ports.records import NewVersion
from oncall.schedule.schedule import Schedule
from oncall.schedule.version_document import VersionRow, window_of
from oncall.store.publications import schedule_of
from oncall.store.statements import Statements
from oncall.store.tables import schedule_versions
from oncall.support.policy import Policy

_HIGHEST_VERSION = select(func.max(schedule_versions.c.version))
_UNDONE = select(schedule_versions.c.undoes).where(schedule_versions.c.undoes.is_not(None))
_HIGHEST_PUBLICATION = _HIGHEST_VERSION.where(
    schedule_versions.c.kind == "publish", schedule_versions.c.version.not_in(_UNDONE)
)
_VERSIONS_AFTER = (
    select(*(schedule_versions.c[name] for name in ("version", "at", "kind", "by", "reason", "document")))
    .where(schedule_versions.c.version > bindparam("known"))
    .order_by(schedule_versions.c.version)
)
_SOURCES = select(schedule_versions.c.sources).where(schedule_versions.c.version == bindparam("wanted"))


class ScheduleQueries(Statements):
    """The queries for the schedule's versions and their policies."""

    def schedule(self) -> Schedule:
        """Return the published schedule with all overrides."""
        return self._published.cache.schedule(self._highest(), self._versions_after)

    def version_rows(self) -> Sequence[VersionRow]:
        """Return all versions of the schedule, in order."""
        return self._published.cache.rows(self._highest(), self._versions_after)

    def _highest(self) -> int:
        view = self._published
        if view.highest is None:
            view.highest = self._run(_HIGHEST_VERSION).scalar_one() or 0
        return view.highest

    def schedule_as_of(self, version: int) -> Schedule:
        """Return the schedule as it was when this version was the newest."""
        return schedule_of([row for row in self.version_rows() if row.version <= version])

    def policy(self, version: int | None = None) -> Policy:
        """Return the policy of a publication, by default the latest. 0, or no publication: the packaged policy."""
        wanted = self.policy_version() if version is None else version
        return self._published.cache.policy(wanted, self._sources)

    def policy_at(self, at: datetime) -> Policy:
        """Return the policy that holds at `at` (aware UTC) by the present schedule."""
        return self.policy(self.schedule().policy_version_at(at))

    def policy_version(self) -> int:
        """Return the number of the latest publication that no undo took back; 0 if there is none."""
        view = self._published
        if view.highest_publication is None:
            view.highest_publication = int(self._run(_HIGHEST_PUBLICATION).scalar_one() or 0)
        return view.highest_publication

    def publication_sources(self, version: int) -> Mapping[str, str]:
        """Return the texts that a publication was published with. Raises NotFound for any other version."""
        return self._sources(version)

    def lock_schedule(self) -> None:
        """Wait for other transactions that change the schedule, and keep new ones out until this one ends.

        Then read the schedule again, because one of them may have changed it.
        """
        if self._connection.dialect.name == "postgresql":
            # Numbers have no gaps, so only one transaction may add a version at a time. Readers do not wait.
            self._run(text("LOCK TABLE schedule_versions IN SHARE ROW EXCLUSIVE MODE"))
            self._published.forget()

    def add_version(self, version: NewVersion) -> int:
        """Store a new version and return its number, the highest so far plus one."""
        self.lock_schedule()
        number = (self._run(_HIGHEST_VERSION).scalar_one() or 0) + 1
        span = window_of(version.document)
        values = {
            "version": number,
            "at": version.at,
            "kind": version.kind,
            "by": version.by,
            "reason": version.reason,
            "starts_at": span.start,
            "ends_at": span.end,
            "document": dict(version.document),
            "sources": dict(version.sources),
            "undoes": version.undoes,
        }
        self._change(insert(schedule_versions), values, subject=f"schedule version {number}")
        self._published.detach()
        self.touched_pages = True
        return number

    def _versions_after(self, known: int) -> list[VersionRow]:
        return [VersionRow(*tuple(row)) for row in self._run(_VERSIONS_AFTER, {"known": known})]

    def _sources(self, version: int) -> Mapping[str, str]:
        sources: Mapping[str, str] | None = self._run(_SOURCES, {"wanted": version}).scalar_one_or_none()
        if not sources:
            raise NotFound(f"schedule version {version} brought no policy")
        return sources
