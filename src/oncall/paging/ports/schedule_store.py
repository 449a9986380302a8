"""What is asked of the store about the published schedule and policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from oncall.paging.ports.records import NewVersion
from oncall.schedule.schedule import Schedule
from oncall.support.policy import Policy


class Schedules(Protocol):
    """The published schedule, and the policies that publications brought."""

    def schedule(self) -> Schedule:
        """Return the published schedule with every override, as of this transaction."""

    def policy(self, version: int | None = None) -> Policy:
        """Return the policy of the last publication, or of the schedule version `version`.

        The packaged policy is returned for version 0, and when nothing is published. Raises NotFound for a version
        that is no publication.
        """

    def policy_version(self) -> int:
        """Return the number of the schedule version that brought the policy in force; 0 for the packaged policy."""


class PolicySources(Schedules, Protocol):
    """The same with the texts of the policy in force."""

    def policy_sources(self) -> Mapping[str, str]:
        """Return the texts that the policy in force was published with, as `NewVersion.sources`; empty if nothing is
        published."""


class Publishing(Protocol):
    """Changes of the schedule."""

    def add_version(self, version: NewVersion) -> int:
        """Append a schedule version and number it: 1, 2, 3, ... without a hole."""
