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
        """Return the published schedule with every override, as of this transaction."""
        return self._published.cache.schedule(self._highest(), self._versions_after)

    def version_rows(self) -> Sequence[VersionRow]:
        """Return all versions of the schedule, the oldest first."""
        return self._published.cache.rows(self._highest(), self._versions_after)

    def _highest(self) -> int:
        view = self._published
        if view.highest is None:
            view.highest = self._run(_HIGHEST_VERSION).scalar_one() or 0
        return view.highest

    def schedule_as_of(self, version: int) -> Schedule:
        """Return the schedule after the version with this number, without later versions."""
        return schedule_of([row for row in self.version_rows() if row.version <= version])

    def policy(self, version: int | None = None) -> Policy:
        """Return the policy of a publication. version: the publication's number; None: the latest publication.

        Version 0 is the policy that comes with the program. Raises NotFound if the version is not a publication.
        """
        wanted = self.policy_version() if version is None else version
        return self._published.cache.policy(wanted, self._sources)

    def policy_at(self, at: datetime) -> Policy:
        """Return the policy in force at `at` (aware UTC).

        Before the first publication, this is the policy that comes with the program.
        """
        return self.policy(self.schedule().policy_version_at(at))

    def policy_version(self) -> int:
        """Return the number of the schedule version that brought the policy in force.

        0 for the policy that comes with the program.
        """
        view = self._published
        if view.highest_publication is None:
            view.highest_publication = int(self._run(_HIGHEST_PUBLICATION).scalar_one() or 0)
        return view.highest_publication

    def publication_sources(self, version: int) -> Mapping[str, str]:
        """Return the texts of a publication, by the keys of `NewVersion.sources`.

        Raises NotFound if the version is not a publication.
        """
        return self._sources(version)

    def lock_schedule(self) -> None:
        """Block changes of the schedule by other transactions until this one ends.

        Call it before you read the schedule: another transaction may have changed it until then.
        """
        if self._connection.dialect.name == "postgresql":
            # Numbers have no gaps, so only one transaction may add a version at a time. Readers do not wait.
            self._run(text("LOCK TABLE schedule_versions IN SHARE ROW EXCLUSIVE MODE"))
            self._published.forget()

    def add_version(self, version: NewVersion) -> int:
        """Store a version as the newest one. Returns its number, which is the highest number so far plus one."""
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
