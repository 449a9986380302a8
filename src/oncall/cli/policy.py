"""The policy in the terminal: show it as customers read it, say what changes, and triage a ticket by its questions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from oncall.cli.show import JSON_OPTION, print_json, print_rows
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.support.policy import Policy


def register(app: typer.Typer) -> None:
    """Add these commands to the front door."""
    policy = typer.Typer(help="What customers are promised.", no_args_is_help=True, rich_markup_mode=None)
    policy.command("show")(show)
    policy.command("diff")(diff)
    app.add_typer(policy, name="policy")
    app.command("triage")(triage)


def show(
    file: Path | None = typer.Argument(None, metavar="[FILE]", help="A policy file; the packaged one when absent."),
    json: bool = JSON_OPTION,
) -> None:
    """The promise as the table that a customer would read.

    Examples: oncall policy show · oncall policy show my.policy.yaml --json
    """
    from oncall.support.policytable import hours_words, policy_view, promise_rows, step_words
    from oncall.support.wording import span

    policy = _read(file)
    if json:
        print_json(policy_view(policy))
        return
    typer.echo(f"{policy.name}, all times in {policy.zone.key}")
    for line in hours_words(policy):
        typer.echo(f"  {line}")
    typer.echo("")
    print_rows(promise_rows(policy))
    typer.echo("")
    for impact in policy.impacts.values():
        names = ", ".join([impact.name, *impact.aliases])
        typer.echo(f"{names}: {impact.definition}")
    rules = policy.escalation
    typer.echo("")
    typer.echo(f"Escalation: {'; '.join(step_words(step) for step in rules.steps)}.")
    typer.echo(f"Again every {span(rules.repeat_every)}; from the desk after {span(rules.desk_after)}.")


def diff(
    old: Path = typer.Argument(..., metavar="OLD"),
    new: Path = typer.Argument(..., metavar="NEW"),
    json: bool = JSON_OPTION,
) -> None:
    """What changes for whom from one policy file to another, in words.

    Example: oncall policy diff old.policy.yaml new.policy.yaml
    """
    from oncall.support.policytable import changes

    found = changes(_read(old), _read(new))
    if json:
        print_json({"changes": found})
    else:
        typer.echo("\n".join(found) if found else "Nothing changes.")


def triage(
    down: bool | None = typer.Option(None, "--down/--no-down", help="Is it down, or unusable?"),
    workaround: str | None = typer.Option(None, "--workaround", help="none, inconvenient or convenient."),
    users: str | None = typer.Option(None, "--users", help="How many are hit: a number, many or few."),
    question: bool | None = typer.Option(
        None, "--question/--no-question", help="Is it a question, a wish, or about the documentation?"
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Propose an impact from plain answers, with the reason. Asks for what is missing when there is a terminal.

    Examples: oncall triage · oncall triage --no-down --users many --workaround none
    """
    from oncall import wiring
    from oncall.cli.backend import open_backend

    given = {"question": question, "down": down, "workaround": workaround, "users": users}
    if sys.stdin.isatty() and sys.stdout.isatty() and not json:
        _ask(given)
    answers = {name: value for name, value in given.items() if value is not None}
    if not answers:
        raise Refused("answer at least one: --down/--no-down, --users, --workaround, --question")
    with open_backend(wiring.read_settings()) as backend:
        view = backend.triage(answers)
    if json:
        print_json(view)
        return
    typer.echo(view["impact"])
    for reason in view["reasons"]:
        typer.echo(f"  {reason}")


def _ask(given: dict[str, Any]) -> None:
    """Ask the questions in their order, until the answer is clear."""
    if given["question"] is None and given["down"] is None:
        given["question"] = typer.confirm("Is it a question, a wish, or about the documentation?", default=False)
    if given["question"]:
        return
    if given["down"] is None:
        given["down"] = typer.confirm("Is it down, or so broken that nobody can work?", default=False)
    if given["down"]:
        return
    if given["users"] is None:
        given["users"] = typer.prompt("How many users are hit (a number, many or few)?", default="many")
    if given["workaround"] is None:
        given["workaround"] = typer.prompt("Is there a workaround (none, inconvenient, convenient)?", default="none")


def _read(file: Path | None) -> Policy:
    from oncall.support.policyfile import packaged_policy, read_policy

    return packaged_policy() if file is None else read_policy(file)
