"""Changes the schedule: puts engineers on call for spans of time, in one version that is checked against all rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from oncall.errors import Refused
from oncall.paging.ports.records import NewVersion
from oncall.planning.published.change_rules import BrokenRule, broken_rules, refuse_broken, roster_in_force
from oncall.planning.published.schedule_version import AppendedVersion, Author, ScheduleTransaction, append_version
from oncall.schedule.change_checks import check_pieces
from oncall.schedule.change_document import change_document
from oncall.schedule.schedule import Schedule
from oncall.schedule.versions import Piece
from oncall.support.windows import Window

FurtherRule = Callable[[Schedule], Sequence[BrokenRule]]
"""Given the schedule before a change, returns the broken rules that only this kind of change has."""


@dataclass(frozen=True, slots=True)
class ChangeTerms:
    """How a change may be made.

    is_forced: make the change even if it breaks rules of the roster. expected: the newest version that the author has
    seen, so that a change made meanwhile is refused; None to accept any.
    """

    is_forced: bool = False
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class ChangeMade:
    """A change that was made. broken: the rules that it breaks; empty unless the change was forced."""

    version: AppendedVersion
    broken: tuple[BrokenRule, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return the sentences of the broken rules, each with the rule's key; empty unless the change was forced."""
        return tuple(map(str, self.broken))


def change_schedule(
    tx: ScheduleTransaction,
    kind: str,
    pieces: Sequence[Piece],
    author: Author,
    terms: ChangeTerms | None = None,
    *,
    further: FurtherRule | None = None,
) -> ChangeMade:
    """Put engineers on call for these pieces, in one version: either all pieces are applied, or none.

    kind: OVERRIDE, SWAP, COVER or AWAY. pieces: at least one; a piece that has already begun applies from now on.
    further: given the schedule before the change, returns more broken rules; None if there are no such rules. Raises
    NotFound and Refused for a change that cannot be made (`check_pieces`) or that breaks a rule and is not forced, and
    ScheduleMoved if the author has not seen the newest version.
    """
    terms = terms or ChangeTerms()
    refuse_without_reason(author, terms)
    now = author.at.replace(microsecond=0)
    held = [replace(piece, window=_from_now(piece.window, now)) for piece in pieces]
    broken: list[BrokenRule] = []

    def check(schedule: Schedule) -> None:
        check_pieces(schedule, held, now)
        broken.extend(further(schedule) if further is not None else ())
        after = schedule.with_pieces(held, kind, author.at)
        broken.extend(broken_rules(schedule, after, _span_of(held), roster_in_force(tx)))
        refuse_broken(broken, schedule, is_forced=terms.is_forced)

    version = NewVersion(author.at, kind, author.by, author.reason.strip(), change_document(held))
    made = append_version(tx, version, check, expected=terms.expected)
    return ChangeMade(made, tuple(broken))


def refuse_without_reason(author: Author, terms: ChangeTerms) -> None:
    """Raise Refused for a forced change without a reason."""
    if terms.is_forced and not author.reason.strip():
        raise Refused(
            "--force needs a reason; say with --reason why the rule may be broken",
            on_page="a change that breaks a rule needs a reason; nothing was changed",
        )


def _from_now(window: Window, now: datetime) -> Window:
    return Window(now, window.end) if window.start < now < window.end else window


def _span_of(pieces: Sequence[Piece]) -> Window:
    return Window(min(piece.window.start for piece in pieces), max(piece.window.end for piece in pieces))
