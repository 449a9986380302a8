"""Protocols for the stored schedule and policies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from oncall.paging.ports.records import NewVersion
from oncall.schedule.schedule import Schedule
from oncall.support.policy import Policy


class Schedules(Protocol):
    """Reads the published schedule and the published policies."""

    def schedule(self) -> Schedule:
        """Return the published schedule with every override, as of this transaction."""

    def policy(self, version: int | None = None) -> Policy:
        """Return the policy of a publication. version: the publication's number; None: the latest publication.

        Version 0 is the policy that comes with the program. Raises NotFound if the version is not a publication.
        """

    def policy_at(self, at: datetime) -> Policy:
        """Return the policy in force at `at` (aware UTC).

        Before the first publication, this is the policy that comes with the program.
        """

    def policy_version(self) -> int:
        """Return the number of the schedule version that brought the policy in force.

        0 for the policy that comes with the program.
        """


class PolicySources(Schedules, Protocol):
    """Reads the published schedule and the texts from which its policies were read."""

    def publication_sources(self, version: int) -> Mapping[str, str]:
        """Return the texts of a publication, by the keys of `NewVersion.sources`.

        Raises NotFound if the version is not a publication.
        """


class Publishing(Protocol):
    """Changes the schedule."""

    def lock_schedule(self) -> None:
        """Block changes of the schedule by other transactions until this one ends.

        Call it before you read the schedule.
        """

    def schedule_as_of(self, version: int) -> Schedule:
        """Return the schedule after the version with this number, without later versions."""

    def add_version(self, version: NewVersion) -> int:
        """Store a version as the newest one. Returns its number, which is the highest number so far plus one."""
