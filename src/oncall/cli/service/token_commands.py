"""Make, list, rotate and revoke callers' tokens."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import typer

from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.option_values import date_of, length_of
from oncall.cli.terminal.output import print_json, say, tell

if TYPE_CHECKING:
    from oncall.paging.actions.token_actions import TokenView
    from oncall.paging.actions.token_requests import NewTokenView

_NAME = typer.Argument(metavar="NAME", help="The token: the caller, or CALLER:LABEL.")
_EXPIRES = typer.Option(
    None, "--expires", metavar="DATE", help="The last day on which the token is valid, in the policy's zone."
)


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    token = typer.Typer(help="Make, list, rotate and revoke tokens.", no_args_is_help=True, rich_markup_mode=None)
    token.command("create")(create_token)
    token.command("list")(list_tokens)
    token.command("rotate")(rotate_token)
    token.command("revoke")(revoke_token)
    app.add_typer(token, name="token")


def create_token(
    name: str = typer.Argument(
        metavar="NAME",
        help="The caller: a system's name, or an engineer's id. NAME:LABEL makes another token for the same caller.",
    ),
    role: str = typer.Option(..., "--role", metavar="ROLE", help="What the token may do: intake, engineer or manager."),
    scope: list[str] | None = typer.Option(
        None,
        "--scope",
        metavar="SCOPE",
        help="Limit what the token may do: tickets, events, read or change. May be repeated.",
    ),
    may_acknowledge: bool = typer.Option(
        False, "--may-acknowledge", help="For role intake: the token may acknowledge for a person on the roster."
    ),
    expires: str | None = _EXPIRES,
    json: bool = JSON_OPTION,
) -> None:
    """Make a caller's token, and print it once.

    The database keeps only a digest of the token, so no command can show it again. docs/callers.md lists what each role
    and scope may do.

    Example: oncall token create zendesk --role intake --scope tickets --expires 2027-12-31
    """
    from oncall import wiring
    from oncall.cli.backends.token_access import open_tokens
    from oncall.paging.actions.token_actions import WantedToken

    last_day = date_of(expires, "--expires") if expires is not None else None
    wanted = WantedToken(name, role, may_acknowledge, last_day, tuple(scope or ()))
    with open_tokens(wiring.read_settings()) as tokens:
        made = tokens.create_token(wanted)
    if "warning" in made:
        tell(f"WARNING: {made['warning']}", colour="yellow")
    _print_secret(made, json=json)


def _print_secret(made: NewTokenView, *, json: bool) -> None:
    if json:
        print_json({"name": made["name"], "role": made["role"], "token": made["token"]})
        return
    typer.echo(made["token"])
    tell("Keep it: it is not shown again.")


def rotate_token(
    name: str = _NAME,
    overlap: str = typer.Option(
        "24h",
        "--overlap",
        metavar="TIME",
        help="How long the old token still works, like 15m, 24h or 7d; 0m: not at all.",
    ),
    expires: str | None = _EXPIRES,
    json: bool = JSON_OPTION,
) -> None:
    """Give a caller a new token; the old one works for a day.

    The new token is printed once.

    Its role, scopes and last day stay the same, unless --expires names a new last day.

    Example: oncall token rotate zendesk --overlap 7d
    """
    from oncall import wiring
    from oncall.cli.backends.token_access import open_tokens
    from oncall.paging.actions.token_requests import Rotation

    last_day = date_of(expires, "--expires") if expires is not None else None
    asked = Rotation(name, length_of(overlap, "--overlap"), last_day)
    settings = wiring.read_settings()
    with open_tokens(settings) as tokens:
        made = tokens.rotate_token(asked)
    _print_secret(made, json=json)
    if not json and "old_secret_until" in made:
        ends_at = datetime.fromisoformat(made["old_secret_until"])
        is_over = ends_at <= wiring.make_clock(settings).real_now()
        tell("The old one works no more." if is_over else f"The old one works until {_time(ends_at)}.")


def list_tokens(json: bool = JSON_OPTION) -> None:
    """List the tokens with roles and last use, not the secrets.

    Example: oncall token list
    """
    from oncall import wiring
    from oncall.cli.backends.token_access import open_tokens

    settings = wiring.read_settings()
    with open_tokens(settings) as access:
        view = access.tokens()
    if json:
        print_json(view)
        return
    if not view["tokens"]:
        tell("No tokens yet; make one with `oncall token create`.")
    real_now = wiring.make_clock(settings).real_now()
    for token in view["tokens"]:
        say(_line(token, real_now))


def _line(token: TokenView, real_now: datetime) -> str:
    parts = [token["name"], token["role"], f"since {_time_of(token['created_at'])}"]
    if token["scopes"]:
        parts.append(f"only {', '.join(token['scopes'])}")
    if token["may_acknowledge"]:
        parts.append("may acknowledge")
    used, old, ends = token["last_used_at"], token["old_secret_until"], token["expires_at"]
    parts.append(f"last used {_time_of(used)}" if used is not None else "never used")
    if old is not None and datetime.fromisoformat(old) > real_now:
        parts.append(f"the old one works until {_time_of(old)}")
    if ends is not None:
        word = "expired" if datetime.fromisoformat(ends) <= real_now else "expires"
        parts.append(f"{word} {_time_of(ends)}")
    return "  ".join(parts)


def _time_of(text: str) -> str:
    return _time(datetime.fromisoformat(text))


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def revoke_token(name: str = _NAME, json: bool = JSON_OPTION) -> None:
    """Revoke a caller's token; it stops working in seconds.

    Example: oncall token revoke zendesk
    """
    from oncall import wiring
    from oncall.cli.backends.token_access import open_tokens

    with open_tokens(wiring.read_settings()) as tokens:
        done = tokens.revoke_token(name)
    if done["others"]:
        tell(f"WARNING: other tokens of this caller still work: {', '.join(done['others'])}.", colour="yellow")
    if json:
        print_json({"name": name, "revoked": True})
        return
    say(f"Revoked {name}'s token.")
