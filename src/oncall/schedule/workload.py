"""The facts about an engineer on which shares depend. Each publication stores them, so that its shares never change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from oncall.rosters.roster import Engineer


class WorkloadDocument(TypedDict):
    """A Workload as JSON."""

    fte: float
    roles: list[str]
    kinds: list[str] | None


@dataclass(frozen=True, slots=True)
class Workload:
    """An engineer's `fte`, roles, and kinds of shift (None for all) on the roster of a published plan."""

    fte: float
    roles: tuple[str, ...]
    kinds: tuple[str, ...] | None


def workload_document(engineer: Engineer) -> WorkloadDocument:
    """Return the engineer's workload as JSON."""
    kinds = None if engineer.kinds is None else list(engineer.kinds)
    return {"fte": engineer.fte, "roles": list(engineer.roles), "kinds": kinds}


def workload_in(document: WorkloadDocument | None) -> Workload | None:
    """Return the workload in a document; None if there is no document."""
    if document is None:
        return None
    kinds = document["kinds"]
    return Workload(document["fte"], tuple(document["roles"]), None if kinds is None else tuple(kinds))
