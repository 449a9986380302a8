"""Checking what people wrote: a roster with all that it names, or a policy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from oncall.cli.numbers import counted
from oncall.cli.output import JSON_OPTION, print_json, say, tell
from oncall.errors import FileFaults

if TYPE_CHECKING:
    from oncall.errors import Fault
    from oncall.rosters.roster import Roster


def register(app: typer.Typer) -> None:
    """Add these commands to the front door."""
    app.command("check")(check)


def check(
    file: Path = typer.Argument(..., metavar="FILE", help="A roster or a policy, in YAML."), json: bool = JSON_OPTION
) -> None:
    """Check a roster with the policy and plans that it names, or a policy alone. Prints every fault with its place.

    Warnings, such as a phone number outside the ranges in use, do not refuse the file. The keys of a file tell whether
    it is a roster or a policy; *.policy.yaml is always a policy.

    Examples: oncall check rosters/itopia-cas.yaml · oncall check my.policy.yaml
    """
    from oncall.rosters.file_type import POLICY_SUFFIX, FileKind, kind_of

    what = "roster"
    try:
        what = kind_of(file).value
        if what == FileKind.POLICY and not file.name.endswith(POLICY_SUFFIX):
            tell(f"{file}: read as a policy, because of its keys")
        view, sentence, warnings = _policy(file) if what == FileKind.POLICY else _roster(file)
    except FileFaults as refusal:
        if json:
            print_json({what: str(file), "ok": False, **_findings(refusal.faults, refusal.warnings)})
        else:
            _print_warnings(refusal.warnings)
        raise
    if json:
        print_json({what: str(file), "ok": True, **_findings((), warnings), **view})
    else:
        _print_warnings(warnings)
        say(f"{file}: no faults. {sentence}")


def _print_warnings(warnings: Sequence[Fault]) -> None:
    for warning in warnings:
        tell(f"warning: {warning}")


def _findings(faults: Sequence[Fault], warnings: Sequence[Fault]) -> dict[str, Any]:
    return {"faults": [_fault_view(each) for each in faults], "warnings": [_fault_view(each) for each in warnings]}


def _fault_view(fault: Fault) -> dict[str, Any]:
    keys = ("file", "line", "column", "path", "message")
    return {key: getattr(fault, key) for key in keys}


Checked = tuple[dict[str, Any], str, tuple["Fault", ...]]
"""What a file without faults holds, for machines and as a sentence, and its warnings."""


def _policy(path: Path) -> Checked:
    """Read a policy. Raises FileFaults."""
    from oncall.support.policy_file import read_policy

    policy = read_policy(path)
    plans, customers = ", ".join(policy.plans), counted(len(policy.customers), "customer")
    view = {
        "name": policy.name,
        "timezone": policy.zone.key,
        "plans": list(policy.plans),
        "impacts": list(policy.impacts),
    }
    return view, f"Policy {policy.name}: plans {plans} in {policy.zone.key}, {customers}.", policy.warnings


def _roster(path: Path) -> Checked:
    """Read a roster with the other teams' plans that it names. Raises FileFaults."""
    from oncall.rosters.roster_file import read_roster

    team = read_roster(path)
    if team.busy:
        from oncall.rotation.problem.context import seats_on_other_teams

        seats_on_other_teams(team)
    view = {
        "team": team.team,
        "timezone": team.zone.key,
        "policy": team.policy.name,
        "roles": list(team.rules.roles),
        "engineers": [engineer.id for engineer in team.engineers],
    }
    return view, _roster_line(team), team.warnings


def _roster_line(team: Roster) -> str:
    roles = ", ".join(team.rules.roles)
    people = counted(len(team.engineers), "engineer")
    hours = "" if team.policy.zone.key == team.zone.key else f", whose hours are {team.policy.zone.key} time"
    return f"Team {team.team}: {people} for {roles} in {team.zone.key}, policy {team.policy.name}{hours}."
