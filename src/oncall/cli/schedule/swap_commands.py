"""The commands about swaps: list who could take a shift, ask an engineer, and answer a request."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

import typer

from oncall.cli.terminal.action_options import faults_by_option, given_fields
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import bad_value, print_json, print_table, say, tell
from oncall.support.wording import full_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oncall.planning.views.swap_views import SwapMoveView, SwapView, TakersView, TakerView
    from oncall.planning.views.version_views import ChangeView

BY = typer.Option(None, "--by", metavar="NAME", help="The person on the roster who acts; default: you.")
CODE = typer.Argument(metavar="ID", help="The code of the swap, like 7K2F.")


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    app.command("swap")(swap)
    app.command("swaps")(swaps)
    app.command("accept")(accept)
    app.command("decline")(decline)
    app.command("withdraw")(withdraw)


def swap(
    engineer: str = typer.Argument(metavar="ENGINEER", help="The id of the engineer who gives the shift away."),
    day: str = typer.Argument(
        metavar="DATE", help="The date on which the shift starts or ends, or the time of its start."
    ),
    role: str | None = typer.Option(
        None, "--role", metavar="ROLE", help="The engineer's role on the shift; default: any."
    ),
    other: str | None = typer.Option(None, "--with", metavar="OTHER", help="Ask this engineer to take the shift."),
    their_day: str | None = typer.Option(
        None, "--for", metavar="DATE", help="The shift of OTHER that ENGINEER takes in return."
    ),
    agreed: bool = typer.Option(False, "--agreed", help="Both have agreed: make the change at once."),
    force: bool = typer.Option(
        False, "--force", help="Make the change even if it breaks rules of the roster. Say why with --reason."
    ),
    reason: str = typer.Option("", "--reason", metavar="TEXT", help="The reason, which the history shows."),
    by: str | None = BY,
    json: bool = JSON_OPTION,
) -> None:
    """List who could take a shift, or ask for a swap.

    Without --with, lists every other engineer, the best first: whether the rules allow the swap, how the fairness cost
    changes, and how the balances of that engineer and of ENGINEER change. With --with, asks that engineer, who answers
    with `oncall accept` or an SMS. If both are on the same shift, --for with the date of that shift exchanges their
    roles.

    Examples: oncall swap ana 2027-01-12 · oncall swap ana 2027-01-12 --with ben --for 2027-01-19
    """
    from oncall import wiring
    from oncall.cli.backends.swap_backend import open_swaps

    _refuse_misuse(day, other, their_day, agreed=agreed, force=force)
    with open_swaps(wiring.read_settings(), by) as backend, faults_by_option():
        if other is None:
            _show_takers(backend.takers(engineer, day, role), json=json)
            return
        fields = {"engineer": engineer, "day": day, "role": role, "with": other, "for": their_day, "reason": reason}
        body = given_fields(fields) | {"agreed": agreed, "force": force}
        _show_swap(backend.swap(body), other, json=json)


def swaps(json: bool = JSON_OPTION) -> None:
    """List the requests to swap, with their states.

    Leaves out requests whose shift began more than a week ago.

    Example: oncall swaps
    """
    from oncall import wiring
    from oncall.cli.backends.swap_backend import open_swaps

    with open_swaps(wiring.read_settings(), None) as backend:
        view = backend.swaps()
    if json:
        print_json(view)
        return
    if not view["swaps"]:
        say("No swap is asked for.")
        return
    rows = [
        [each["id"], each["engineer"], each["with"], when(each["shift"]), each["moves"][0]["role"], each["state"]]
        for each in view["swaps"]
    ]
    print_table(["id", "engineer", "with", "shift", "role", "state"], rows)


def accept(code: str = CODE, by: str | None = BY, json: bool = JSON_OPTION) -> None:
    """Accept a swap that another engineer asked you for.

    The shift is yours at once. An SMS `YES ID` does the same.

    Example: oncall accept 7K2F
    """
    _answer(code, "accept", by, json=json)


def decline(code: str = CODE, by: str | None = BY, json: bool = JSON_OPTION) -> None:
    """Decline a swap that another engineer asked you for.

    The schedule stays as it is, and the engineer who asked gets an SMS. An SMS `NO ID` does the same.

    Example: oncall decline 7K2F
    """
    _answer(code, "decline", by, json=json)


def withdraw(code: str = CODE, by: str | None = BY, json: bool = JSON_OPTION) -> None:
    """Take back a swap that you asked for.

    The engineer whom you asked gets an SMS.

    Example: oncall withdraw 7K2F
    """
    _answer(code, "withdraw", by, json=json)


def _refuse_misuse(day: str, other: str | None, their_day: str | None, *, agreed: bool, force: bool) -> None:
    from oncall.planning.posted.posted_swaps import read_shift_day, shift_day_advice

    for name, text in (("DATE", day), ("--for", their_day)):
        if text is not None and read_shift_day(text) is None:
            raise bad_value(f'"{text[:40]}" is not the date of a shift; {shift_day_advice(text)}', name)
    for name, is_given in (("--for", their_day is not None), ("--agreed", agreed), ("--force", force)):
        if is_given and other is None:
            raise bad_value("name the other engineer with --with", name)


def _answer(code: str, answer: str, by: str | None, *, json: bool) -> None:
    from oncall import wiring
    from oncall.cli.backends.swap_backend import open_swaps

    with open_swaps(wiring.read_settings(), by) as backend:
        view = backend.answer(code, answer)
    if json:
        print_json(view)
    else:
        _say_state(view)


def _show_takers(view: TakersView, *, json: bool) -> None:
    if json:
        print_json(view)
        return
    giver, zone = view["engineer"], ZoneInfo(view["timezone"])
    begins = full_time(datetime.fromisoformat(view["start"]), zone)
    say(f"{giver} is {view['role']} from {begins} ({view['kind']}). Who could take it:")
    rows = [_taker_row(each, giver) for each in view["takers"]]
    colours = ["" if each["legal"] else "yellow" for each in view["takers"]]
    print_table(["engineer", "cost", "balance", f"{giver}'s", "why not"], rows, colours=colours)
    legal = [each["engineer"] for each in view["takers"] if each["legal"]]
    if legal:
        day = view["start"][:10]
        tell(f"Ask one of them: oncall swap {giver} {day} --with {legal[0]}")
    else:
        tell(f"The rules allow nobody. See `oncall away {giver}` for covers that move other shifts, too.")


def _taker_row(taker: TakerView, giver: str) -> list[str]:
    own, theirs = taker["balances"][taker["engineer"]], taker["balances"][giver]
    return [
        taker["engineer"],
        f"{taker['cost_change']:+d}",
        f"{own['before']:+.2f} -> {own['after']:+.2f}",
        f"{theirs['before']:+.2f} -> {theirs['after']:+.2f}",
        taker["why"] or "",
    ]


def _show_swap(view: SwapView | ChangeView, other: str, *, json: bool) -> None:
    if json:
        print_json(view)
        return
    for sentence in view.get("warnings", ()):
        tell(f"WARNING: {sentence}", colour="yellow")
    if "moves" in view:
        _show_request(cast("SwapView", view), other)
    else:
        _show_change(view)


def _show_request(view: SwapView, other: str) -> None:
    code = view["id"]
    say(f"Asked {other} ({code}): {_moves(view['moves'])}.")
    say(f"{other} answers with `oncall accept {code}`, or an SMS YES {code} or NO {code}.")


def _show_change(view: ChangeView) -> None:
    gained = [(each["engineer"], part) for each in view["changes"] for part in each["gained"]]
    words = "; ".join(f"{who} is {part['role']} from {when(part['start'])}" for who, part in gained)
    say(f"Version {view['version']}: {words}.")
    _say_told(view["told"])


def _say_state(view: SwapView) -> None:
    match view["state"]:
        case "accepted":
            say(f"Version {view.get('version')}: {_moves(view['moves'])}.")
        case "agreed":
            say(f"Swap {view['id']} is agreed; it holds as soon as the other covers are agreed, too.")
        case state:
            say(f"Swap {view['id']} is {state}. Nothing changes: {_moves(view['moves'], is_kept=True)}.")
    _say_told(view.get("told", []))


def _say_told(told: Sequence[str]) -> None:
    if told:
        say(f"  Told by SMS: {', '.join(told)}.")


def _moves(moves: Sequence[SwapMoveView], *, is_kept: bool = False) -> str:
    if is_kept:
        return "; ".join(f"{move['from']} is {move['role']} from {when(move['start'])}" for move in moves)
    return "; ".join(f"{move['to']} takes {move['role']} from {move['from']}, {when(move['start'])}" for move in moves)


def when(text: str) -> str:
    """Return an ISO time of a JSON answer as `Mon 2027-01-04 19:01`, on the clock of its own offset."""
    return f"{datetime.fromisoformat(text):%a %Y-%m-%d %H:%M}"
