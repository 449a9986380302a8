"""One finding of `oncall doctor`: its severity, what was checked, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, TypedDict


class Severity(StrEnum):
    """The severity of a finding: it stops pages, it is a warning, or all is well."""

    STOPS = "stops"
    WARNS = "warns"
    FINE = "fine"


class FindingView(TypedDict):
    """One finding as JSON."""

    severity: Annotated[Literal["stops", "warns", "fine"], "stops: no page would go out."]
    subject: Annotated[str, "What was checked, like `schedule` or `phones`."]
    sentence: Annotated[str, "What was found, and what to do about it."]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. sentence: what was found and, for a problem, what to do about it."""

    severity: Severity
    subject: str
    sentence: str

    def as_json(self) -> FindingView:
        """Return the finding as JSON."""
        return {"severity": self.severity.value, "subject": self.subject, "sentence": self.sentence}


def stops(subject: str, sentence: str) -> Finding:
    """Return a finding that stops pages."""
    return Finding(Severity.STOPS, subject, sentence)


def warns(subject: str, sentence: str) -> Finding:
    """Return a finding that is a warning."""
    return Finding(Severity.WARNS, subject, sentence)


def fine(subject: str, sentence: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(Severity.FINE, subject, sentence)
