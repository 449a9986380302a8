"""`oncall policy` and `oncall triage`: show the policy, compare two policies, and propose the impact of a ticket."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import print_json, say, terminal_width, time_of
from oncall.errors import Refused

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from oncall.paging.clocks.policy_in_force import InForceView, PolicyInForceView
    from oncall.support.policy import Policy
    from oncall.support.policy_view_types import PolicyView


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    policy = typer.Typer(
        help="Show a policy, or what changes between two.", no_args_is_help=True, rich_markup_mode=None
    )
    policy.command("show")(show)
    policy.command("diff")(diff)
    app.add_typer(policy, name="policy")
    app.command("triage")(triage)


def show(
    file: Path | None = typer.Argument(None, metavar="[FILE]", help="A policy file; default: the published policy."),
    at: str | None = typer.Option(
        None, "--at", metavar="TIME", help="Show the policy in force at this time; default: now."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Show the policy as a customer would read it.

    Shows the published policy, or that of a file.

    Examples: oncall policy show · oncall policy show --at 2027-02-01 · oncall policy show my.policy.yaml --json
    """
    if file is not None and at is not None:
        raise typer.BadParameter("a file has no date; leave out FILE or --at", param_hint="--at")
    from oncall.support.policy_table import policy_lines, policy_view

    view: PolicyView
    if file is not None:
        policy = _read(str(file))
        where = [f"Read from {file}; it is not in force until it is published."]
        view = policy_view(policy)
    else:
        policy, published = _published(at)
        where = _in_force_words(published["in_force"], policy.zone)
        view = published
    if json:
        print_json({key: value for key, value in view.items() if key != "sources"})
        return
    first, *rest = policy_lines(policy, terminal_width(sys.stdout))
    say("\n".join([first, *where, *rest]))


def diff(
    old: str = typer.Argument(..., metavar="OLD", help='The old policy: a file, or "published" for the one in force.'),
    new: str = typer.Argument(..., metavar="NEW", help='The new policy: a file, or "published".'),
    json: bool = JSON_OPTION,
) -> None:
    """Show what changes for customers between two policies.

    Examples: oncall policy diff old.policy.yaml new.policy.yaml · oncall policy diff published new.policy.yaml
    """
    from oncall.support.policy_changes import changes

    found = changes(_read(old), _read(new))
    if json:
        print_json({"changes": found})
    else:
        say("\n".join(found) if found else "Nothing changes.")


def triage(
    down: bool | None = typer.Option(None, "--down/--no-down", help="Is the product down or unusable?"),
    workaround: str | None = typer.Option(
        None, "--workaround", metavar="KIND", help="Is there a workaround: none, inconvenient or convenient?"
    ),
    users: str | None = typer.Option(
        None, "--users", metavar="NUMBER", help="How many users are affected: a number, many or few."
    ),
    question: bool | None = typer.Option(
        None, "--question/--no-question", help="Is it a question, a feature request, or about the documentation?"
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Propose the impact of a ticket, with the reason.

    On a terminal, it asks the questions that no option answers.

    Examples: oncall triage · oncall triage --no-down --users many --workaround none
    """
    from oncall import wiring
    from oncall.cli.backends.backend import open_backend

    given = _Answers(question, down, users, workaround)
    if sys.stdin.isatty() and sys.stdout.isatty() and not json:
        given.ask()
    answers = {name: value for name, value in asdict(given).items() if value is not None}
    if not answers:
        raise Refused("answer at least one: --down/--no-down, --users, --workaround, --question")
    with open_backend(wiring.read_settings()) as backend:
        view = backend.triage(answers)
    if json:
        print_json(view)
        return
    say(view["impact"])
    for reason in view["reasons"]:
        say(f"  {reason}")
    if view["rule"]:
        say(f"  {view['rule']}")


@dataclass(slots=True)
class _Answers:
    """The answers to the questions of triage; None for an unanswered question."""

    question: bool | None
    down: bool | None
    users: str | None
    workaround: str | None

    def ask(self) -> None:
        """Ask the questions in their order, until the impact is clear."""
        if self.question is None and self.down is None:
            self.question = typer.confirm(
                "Is it a question, a feature request, or about the documentation?", default=False
            )
        if self.question:
            return
        if self.down is None:
            self.down = typer.confirm("Is it down, or so broken that users cannot work?", default=False)
        if self.down:
            return
        if self.users is None:
            asked = "How many users are affected (a number, many or few)?"
            self.users = typer.prompt(asked, default="many", value_proc=_usable("users"))
        if self.workaround is None:
            asked = "Is there a workaround (none, inconvenient, convenient)?"
            self.workaround = typer.prompt(asked, default="none", value_proc=_usable("workaround"))


def _usable(name: str) -> Callable[[str], str]:
    """Return a parser for the answer to the question `name`. If it refuses an answer, typer asks again."""
    from oncall.support.triage import AnswerFaults, answers_from

    def answer(text: str) -> str:
        try:
            answers_from({name: text})
        except AnswerFaults as refusal:
            raise typer.BadParameter(refusal.faults[0][1]) from refusal
        return text

    return answer


PUBLISHED = "published"
"""The name that stands for the policy in force, in `policy diff`."""


def _read(name: str) -> Policy:
    """Return the policy in the file `name`, or the policy in force if `name` is PUBLISHED."""
    from oncall.support.policy_file import read_policy

    return _published()[0] if name == PUBLISHED else read_policy(Path(name))


def _published(at: str | None = None) -> tuple[Policy, PolicyInForceView]:
    """Return the policy in force at a time (None: now) and its JSON view, from the server or the local database."""
    from oncall import wiring
    from oncall.cli.backends.backend import open_backend
    from oncall.paging.clocks.policy_in_force import policy_of_view

    with open_backend(wiring.read_settings()) as backend:
        view = backend.policy(at)
    return policy_of_view(view), view


def _in_force_words(facts: InForceView, zone: ZoneInfo) -> list[str]:
    """Return sentences that say when the policy came into force, and who published it."""
    if facts["since"] is None:
        return ["Nothing is published yet: the packaged policy, shown here, is in force until then."]
    why = f": {facts['reason']}" if facts["reason"] else ""
    words = f"In force since {time_of(facts['since'], zone)}, published by {facts['by']} as version {facts['version']}"
    return [f"{words}{why}.", f"Its file: {facts['file']}."]
