"""The sources of a planning context: earlier and later plans, a ledger file, the published schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from oncall.errors import Refused
from oncall.rosters.roster import Roster
from oncall.rotation.problem.ledger_file import LedgerFile, read_ledger
from oncall.schedule.plan import Plan
from oncall.schedule.plan_file import read_plan
from oncall.schedule.schedule import Schedule
from oncall.suggestions import listed


@dataclass(frozen=True, slots=True)
class NamedPlan:
    """A plan, and its name in messages: the path of its file."""

    name: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class NamedLedger:
    """The content of a ledger file, and its name in messages: its path."""

    name: str
    written: LedgerFile


@dataclass(frozen=True, slots=True)
class ContextSources:
    """The schedule, the plans and the ledger that a new plan must respect.

    history: plans of dates before or after the new plan. If several cover a shift, the first one tells who served it;
    the published schedule comes before them all. ledger: None for no ledger file. published: the schedule in force;
    None to ignore it.
    """

    history: Sequence[NamedPlan] = ()
    ledger: NamedLedger | None = None
    published: Schedule | None = None


def read_sources(
    roster: Roster, history: Sequence[Path], ledger: Path | None, published: Schedule | None = None
) -> ContextSources:
    """Read the plan files and the ledger file around a new plan. Raises FileFaults for a file that cannot be read.

    history: paths of plan files. ledger: path of the ledger file, or None.
    """
    opening = None if ledger is None else read_named_ledger(ledger)
    return ContextSources([read_named_plan(path, roster) for path in history], opening, published)


def read_named_plan(path: Path, roster: Roster) -> NamedPlan:
    """Read a plan file; a CSV takes its team and zone from the roster. Raises FileFaults."""
    return NamedPlan(str(path), read_plan(path, team=roster.team, zone=roster.policy.zone))


def read_named_ledger(path: Path) -> NamedLedger:
    """Read a ledger file. Raises FileFaults."""
    return NamedLedger(str(path), read_ledger(path))


def refuse_other_team(named: NamedPlan, roster: Roster) -> None:
    """Raise Refused if the plan is not a plan of the roster's team."""
    if named.plan.team != roster.team:
        raise Refused(
            f"{named.name} is a plan of team {named.plan.team}, and {roster.source} is the roster of team {roster.team}"
        )


def unknown_engineers(named: NamedPlan, roster: Roster) -> list[str]:
    """Return the ids of engineers whom the plan names and the roster does not have.

    Raises Refused if the roster has none of the plan's engineers: it is probably another team's plan, because a plan in
    CSV names no team.
    """
    people = {seat.engineer for seat in named.plan.seats}
    strangers = sorted(people - {engineer.id for engineer in roster.engineers})
    if len(strangers) == len(people):
        raise Refused(
            f"{named.name}: none of {names_of(strangers)} is on the roster of team {roster.team}; "
            "name a plan of this team"
        )
    return strangers


def refuse_unknown_engineers(named: NamedPlan, roster: Roster) -> None:
    """Raise Refused if the plan has no shift, or names people who are not on the roster."""
    strangers = sorted({seat.engineer for seat in named.plan.seats} - {engineer.id for engineer in roster.engineers})
    if strangers:
        raise Refused(
            f"{named.name}: {listed(strangers)} not on the roster of team {roster.team}; name the plan's own roster"
        )
    if not named.plan.seats:
        raise Refused(f"{named.name}: the plan has no shift")


def are_not(people: Sequence[str]) -> str:
    """Return the ids followed by a verb: `ana is not`, or `ana, ben are not`."""
    return f"{names_of(people)} {'is' if len(people) == 1 else 'are'} not"


def names_of(people: Sequence[str]) -> str:
    """Return at most six ids as a list in words, followed by the number of those left out."""
    return ", ".join(people[:6]) + (f" and {len(people) - 6} more" if len(people) > 6 else "")
