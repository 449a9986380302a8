"""`oncall intake`: the log of senders' requests, the failures, and what the routing table does with an alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from oncall.cli.intake.intake_test_command import test_mapping
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import bad_value, print_json, print_rows, say, tell

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from oncall.cli.backends.intake_backend import LocalIntake, RemoteIntake
    from oncall.intake.intake_views import ArrivalView

FAILURE = typer.Argument(metavar="ID", help="The failure's id, from the list.")
LIMIT = typer.Option(50, "--limit", metavar="N", min=1, max=1000, help="The most lines to show.")
AFTER = typer.Option(
    None,
    "--after",
    metavar="NEXT",
    help="Continue the list: NEXT is the value of `next` in the JSON of the previous answer.",
)
_COLOURS = {"failed": "red", "replayed": "", "dropped": "", "taken": ""}


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    intake = typer.Typer(
        help="Show what senders posted, and what became of it.", no_args_is_help=True, rich_markup_mode=None
    )
    intake.command("test")(test_mapping)
    intake.command("log")(log)
    intake.command("explain")(explain)
    failures = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
    failures.callback()(list_failures)
    failures.command("list")(show_list)
    failures.command("show")(show)
    failures.command("drop")(drop)
    failures.command("replay")(replay)
    intake.add_typer(failures, name="failures")
    app.add_typer(intake, name="intake")


def log(
    limit: int = LIMIT,
    caller: str | None = typer.Option(
        None, "--caller", metavar="NAME", help="Only requests with the token of this name."
    ),
    after: str | None = AFTER,
    json: bool = JSON_OPTION,
) -> None:
    """Show the requests that came in and what became of them.

    Lists alerts of senders, mails, and posts of programs to the API (shown as `api`), each with its tickets, the newest
    first. Requests are kept for 14 days.

    Example: oncall intake log --caller alertmanager
    """
    from oncall.intake.arrival_pages import ArrivalPage

    with _opened() as intake:
        found = intake.intake_log(ArrivalPage(limit, caller, after))
    if json:
        print_json(found)
        return
    if not found["arrivals"]:
        tell("No sender has posted anything in the last 14 days.")
    _print(found["arrivals"])
    _tell_next(found["next"])


def list_failures(
    context: typer.Context, limit: int = LIMIT, after: str | None = AFTER, json: bool = JSON_OPTION
) -> None:
    """List the requests that could not be understood.

    Each is kept until you replay or drop it. A failed request pages no one, so look at its body and act on it.

    Example: oncall intake failures
    """
    if context.invoked_subcommand is None:
        show_list(limit, after, json)


def show_list(limit: int = LIMIT, after: str | None = AFTER, json: bool = JSON_OPTION) -> None:
    """List the requests that could not be understood.

    Example: oncall intake failures list
    """
    from oncall.intake.arrival_pages import ArrivalPage

    with _opened() as intake:
        found = intake.intake_failures(ArrivalPage(limit, after=after))
    if json:
        print_json(found)
        return
    if not found["failures"]:
        tell("Everything that came in was understood.")
    _print(found["failures"])
    _tell_next(found["next"])


def show(failure: str = FAILURE, json: bool = JSON_OPTION) -> None:
    """Show a failed request with its body.

    Example: oncall intake failures show 5f0c2b7a9d6e4c1f8a3b2d1e0f9c8b7a
    """
    with _opened() as intake:
        found = intake.intake_failure(failure)
    if json:
        print_json(found)
        return
    _print([found])
    say(found["body"])
    if found["is_cut"]:
        tell("The body was longer: only its beginning is kept.", colour="yellow")


def drop(failure: str = FAILURE, json: bool = JSON_OPTION) -> None:
    """Drop a failed request: delete its body.

    Example: oncall intake failures drop 5f0c2b7a9d6e4c1f8a3b2d1e0f9c8b7a
    """
    with _opened() as intake:
        dropped = intake.drop_failure(failure)
    if json:
        print_json(dropped)
        return
    say(f"Dropped what {dropped['caller']} sent at {_time(dropped)}.")


def replay(failure: str = FAILURE, json: bool = JSON_OPTION) -> None:
    """Read a failed request again, as if it arrived now.

    Use it after an update of oncall, or after you corrected a mapping. It may open tickets and page people.

    Example: oncall intake failures replay 5f0c2b7a9d6e4c1f8a3b2d1e0f9c8b7a
    """
    with _opened() as intake:
        done = intake.replay_failure(failure)
    if json:
        print_json(done)
        return
    for one in done["signals"]:
        say(f"{one['ticket'] or 'no ticket'} {one['became']}: {one['why']}")
    if not done["signals"]:
        say("It was understood, and nothing had to be done.")


def explain(
    labels: list[str] = typer.Argument(metavar="NAME=VALUE...", help="The alert's labels, like severity=critical."),
    at: str | None = typer.Option(
        None,
        "--at",
        metavar="TIME",
        help="When the alert comes in; default: now. A time without an offset is policy time.",
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Show what the routing table does with an alert.

    Prints the row of the routing table that matches, the customer, plan and impact, and the verdict. Sends nothing.

    Example: oncall intake explain severity=critical customer="Acme Ltd" job=checkout
    """
    pairs = [_pair(one) for one in labels]
    with _opened() as intake:
        view = intake.explain_labels(dict(pairs), at)
    if json:
        print_json(view)
        return
    row = ", ".join(f"{name}={pattern}" for name, pattern in view["row"].items()) if view["row"] else None
    say(f"Row: {row} (line {view['line']} of the policy)" if row else "Row: none matches")
    say(f"Ticket: {view['customer']}, {view['plan']}, {view['impact']}")
    say(f"Verdict: {view['verdict']['action']}")
    for reason in [*view["reasons"], *view["verdict"]["reasons"]]:
        say(f"  {reason}")


def _opened() -> AbstractContextManager[LocalIntake | RemoteIntake]:
    """Open the intake of the server that the settings name, or else of the local database."""
    from oncall import wiring
    from oncall.cli.backends.intake_backend import open_intake

    return open_intake(wiring.read_settings())


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise bad_value(f'"{text[:60]}" is not a label; write one like severity=critical', "NAME=VALUE")
    return name.strip(), value


def _print(arrivals: Sequence[ArrivalView]) -> None:
    rows = [[_time(one), one["caller"], one["sender"], one["status"], one["id"], _outcome(one)] for one in arrivals]
    print_rows(rows, names=2, colours=[_COLOURS.get(one["status"], "") for one in arrivals])


def _tell_next(following: str | None) -> None:
    if following is not None:
        tell(f"There are more: --after {following}")


def _time(one: ArrivalView) -> str:
    """Return as text when a request arrived, in UTC."""
    return f"{one['at'][:19].replace('T', ' ')} UTC"


def _outcome(one: ArrivalView) -> str:
    return "; ".join(one["outcome"])
