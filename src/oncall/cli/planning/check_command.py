"""`oncall check`: validates a policy, or a roster together with the policy and the plans that it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import counted, print_json, say, tell
from oncall.errors import MOST_FAULTS, FileFaults

if TYPE_CHECKING:
    from oncall.errors import Fault
    from oncall.rosters.roster import Roster


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    app.command("check")(check)


def check(
    file: Path = typer.Argument(..., metavar="FILE", help="The roster or the policy, a YAML file."),
    json: bool = JSON_OPTION,
) -> None:
    """Validate a roster or a policy.

    Prints every fault at once, with its line, its column and a correction. Checks a roster together with the policy
    and the plans that it names. The keys of the file show whether it is a roster or a policy; a *.policy.yaml file is
    always a policy. A file that has only warnings, such as a phone number outside the ranges that its country
    has in use, is valid.

    Examples: oncall check rosters/itopia-cas.yaml · oncall check my.policy.yaml
    """
    from oncall.rosters.file_type import POLICY_SUFFIX, FileKind, typed_file

    what = "roster"
    try:
        typed = typed_file(file)
        what = typed.kind.value
        if typed.kind is FileKind.POLICY and not file.name.endswith(POLICY_SUFFIX):
            tell(f"{file}: read as a policy, because of its keys")
        found = _policy(file, typed.text) if typed.kind is FileKind.POLICY else _roster(file, typed.text)
    except FileFaults as refusal:
        if json:
            more = {"more_faults": refusal.more} if refusal.more else {}
            print_json({what: str(file), "ok": False, **_findings(refusal.faults, refusal.warnings), **more})
        else:
            _print_warnings(refusal.warnings)
        raise
    if json:
        print_json({what: str(file), "ok": True, **_findings((), found.warnings), **found.view})
    else:
        _print_warnings(found.warnings)
        say(f"{file}: no faults. {found.sentence}")


@dataclass(frozen=True, slots=True)
class _Checked:
    """The content of a file without faults: as JSON, as a sentence, and the warnings about it."""

    view: dict[str, object]
    sentence: str
    warnings: tuple[Fault, ...]


def _print_warnings(warnings: Sequence[Fault]) -> None:
    for warning in warnings[:MOST_FAULTS]:
        tell(f"warning: {warning}")
    if len(warnings) > MOST_FAULTS:
        tell(f"and {len(warnings) - MOST_FAULTS} more warnings")


def _findings(faults: Sequence[Fault], warnings: Sequence[Fault]) -> dict[str, object]:
    return {"faults": [_fault_view(each) for each in faults], "warnings": [_fault_view(each) for each in warnings]}


def _fault_view(fault: Fault) -> dict[str, object]:
    keys = ("file", "line", "column", "path", "message")
    return {key: getattr(fault, key) for key in keys}


def _policy(path: Path, text: str | None) -> _Checked:
    """Read a policy. text: the content of the file, if it was read already. Raises FileFaults."""
    from oncall.support.policy_file import read_policy

    policy = read_policy(path, text)
    plans, customers = ", ".join(policy.plans), counted(len(policy.customers), "customer")
    view: dict[str, object] = {
        "name": policy.name,
        "timezone": policy.zone.key,
        "plans": list(policy.plans),
        "impacts": list(policy.impacts),
    }
    sentence = f"Policy {policy.name}: plans {plans} in {policy.zone.key}, {customers}."
    return _Checked(view, sentence, policy.warnings)


def _roster(path: Path, text: str | None) -> _Checked:
    """Read a roster, and the plans of other teams that it names. Raises FileFaults.

    text: the content of the file, if it was read already.
    """
    from oncall.rosters.roster_file import read_roster

    team = read_roster(path, text)
    if team.busy:
        from oncall.rotation.problem.context import seats_on_other_teams

        seats_on_other_teams(team)
    view: dict[str, object] = {
        "team": team.team,
        "timezone": team.zone.key,
        "policy": team.policy.name,
        "roles": list(team.rules.roles),
        "engineers": [engineer.id for engineer in team.engineers],
    }
    return _Checked(view, _roster_line(team), tuple(sorted([*team.warnings, *_shortages(path, text, team)])))


def _shortages(path: Path, text: str | None, team: Roster) -> list[Fault]:
    """Return warnings about rules that do not let the engineers staff an ordinary week, or the fixed seats."""
    from oncall.file_nodes import Faults, descend
    from oncall.planning.plans.roster_warnings import roster_warnings
    from oncall.yamlfile import parse_yaml, read_yaml_text

    sentences = list(roster_warnings(team))
    if not sentences:
        return []
    faults = Faults(str(path))
    root = parse_yaml(read_yaml_text(path) if text is None else text, faults)
    for place, sentence in sentences:
        descend(root, *place).warn(sentence)
    return list(faults.warnings)


def _roster_line(team: Roster) -> str:
    roles = ", ".join(team.rules.roles)
    people = counted(len(team.engineers), "engineer")
    hours = "" if team.policy.zone.key == team.zone.key else f", whose hours are {team.policy.zone.key} time"
    return f"Team {team.team}: {people} for {roles} in {team.zone.key}, policy {team.policy.name}{hours}."
