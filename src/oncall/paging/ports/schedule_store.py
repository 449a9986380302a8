"""Protocols for the published schedule and policy in the store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from oncall.paging.ports.records import NewVersion
from oncall.schedule.schedule import Schedule
from oncall.support.policy import Policy


class Schedules(Protocol):
    """The published schedule, and the policies that publications brought."""

    def schedule(self) -> Schedule:
        """Return the published schedule with every override, as of this transaction."""

    def policy(self, version: int | None = None) -> Policy:
        """Return the policy of publication `version`; None: of the latest publication. Version 0 is the packaged
        policy.

        Raises NotFound for a version that is not a publication.
        """

    def policy_at(self, at: datetime) -> Policy:
        """Return the policy that holds at `at` (aware UTC); the packaged one before the first publication."""

    def policy_version(self) -> int:
        """Return the number of the schedule version that brought the policy in force; 0 for the packaged policy."""


class PolicySources(Schedules, Protocol):
    """The published schedule, with the texts of its policies."""

    def publication_sources(self, version: int) -> Mapping[str, str]:
        """Return the texts that a publication was published with, by the keys of `NewVersion.sources`.

        Raises NotFound for any other version.
        """


class Publishing(Protocol):
    """Changes of the schedule."""

    def lock_schedule(self) -> None:
        """Keep other transactions from changing the schedule until this one ends. Call it before reading."""

    def schedule_as_of(self, version: int) -> Schedule:
        """Return the schedule as it was when this version was the newest."""

    def add_version(self, version: NewVersion) -> int:
        """Append a version and return its number, which is the highest number plus one."""
