"""Routing: finds the customer, the plan and the impact of a ticket from the labels of an alert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType

NO_CUSTOMER = "monitoring"
"""The customer of a ticket whose alert names none, unless the policy says otherwise."""

SEVERITIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "emergency": ("urgent",),
        "page": ("urgent",),
        "fatal": ("urgent",),
        "critical": ("urgent",),
        "p1": ("urgent",),
        "disaster": ("urgent",),
        "error": ("high",),
        "major": ("high",),
        "p2": ("high",),
        "warning": ("normal",),
        "warn": ("normal",),
        "minor": ("normal",),
        "p3": ("normal",),
        "info": ("low",),
        "notice": ("low",),
        "p4": ("low",),
        "p5": ("low",),
    }
)
"""The severities that monitoring tools commonly use, each with the impacts that it can mean, in order of preference."""


@dataclass(frozen=True, slots=True)
class RoutingRow:
    """One row of the routing table. The first row whose patterns all match the labels counts.

    match: a pattern for each label, in which `*` matches any text and `?` any letter. Letter case is ignored.
    """

    match: Mapping[str, str]
    customer: str | None = None
    plan: str | None = None
    impact: str | None = None
    line: int = 0

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Return True if each pattern matches the value of its label. labels: names and values in small letters."""
        return all(fnmatchcase(labels.get(name, ""), pattern) for name, pattern in self.match.items())

    @property
    def words(self) -> str:
        """Return the row's patterns as text, for the reasons that a ticket shows."""
        return ", ".join(f"{name}={pattern}" for name, pattern in self.match.items())


@dataclass(frozen=True, slots=True)
class Routing:
    """The routing table, and the values for alerts that match no row.

    severities: the impact for each severity, in small letters. default_impact: for an unknown severity; None: the least
    grave impact that pages. default_customer: for alerts that name no customer. unknown_plan: for customers who are not
    in the customers file; None: the plan `standard`, or the policy's first plan if there is no `standard`.
    """

    rows: tuple[RoutingRow, ...] = ()
    severities: Mapping[str, str] = field(default_factory=dict)
    default_impact: str | None = None
    default_customer: str = NO_CUSTOMER
    unknown_plan: str | None = None
