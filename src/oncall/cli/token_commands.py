"""Make, list, rotate and revoke callers' tokens."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import typer

from oncall.cli.json_option import JSON_OPTION
from oncall.cli.option_values import date_of, length_of
from oncall.cli.output import local_settings, print_json, say, tell

if TYPE_CHECKING:
    from oncall.paging.actions.token_actions import NewSecret
    from oncall.paging.ports.callers import Token

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
    role: str = typer.Option(..., "--role", metavar="ROLE", help="What it may do: intake, engineer or manager."),
    scope: list[str] | None = typer.Option(
        None,
        "--scope",
        metavar="SCOPE",
        help="May do only this of what its role may: tickets, events, read or change. May be repeated.",
    ),
    may_acknowledge: bool = typer.Option(
        False, "--may-acknowledge", help="For role intake: it may acknowledge for a person on the roster."
    ),
    expires: str | None = _EXPIRES,
    json: bool = JSON_OPTION,
) -> None:
    """Make a caller's token, and print it once.

    The database keeps only its digest, so nothing can show the token again. docs/callers.md lists what each role and
    scope may do.

    Example: oncall token create zendesk --role intake --scope tickets --expires 2027-12-31
    """
    from oncall import wiring
    from oncall.paging.actions.token_actions import WantedToken, make_token

    last_day = date_of(expires, "--expires") if expires is not None else None
    wanted = WantedToken(name, role, may_acknowledge, last_day, tuple(scope or ()))
    settings = local_settings("token")
    real_now = wiring.make_clock(settings).real_now()
    with wiring.make_store(settings) as store:
        made = store.write(lambda tx: make_token(wanted, tx, real_now=real_now))
    if made.warning is not None:
        tell(f"WARNING: {made.warning}", colour="yellow")
    _print_secret(made, json=json)


def _print_secret(made: NewSecret, *, json: bool) -> None:
    if json:
        print_json({"name": made.token.handle, "role": made.token.role.value, "token": made.secret})
        return
    typer.echo(made.secret)
    tell("Keep it: it is not shown again.")


def rotate_token(
    name: str = _NAME,
    overlap: str = typer.Option(
        "24h",
        "--overlap",
        metavar="TIME",
        help="How long the old one still works, like 15m, 24h or 7d; 0m: not at all.",
    ),
    expires: str | None = _EXPIRES,
    json: bool = JSON_OPTION,
) -> None:
    """Give a caller a new token; the old one works for a day.

    The new one is printed once.

    Role, scopes and end stay as they are, unless --expires names a new last day.

    Example: oncall token rotate zendesk --overlap 7d
    """
    from oncall import wiring
    from oncall.paging.actions import token_actions

    last_day = date_of(expires, "--expires") if expires is not None else None
    length = length_of(overlap, "--overlap")
    settings = local_settings("token")
    real_now = wiring.make_clock(settings).real_now()
    with wiring.make_store(settings) as store:
        made = store.write(
            lambda tx: token_actions.rotate_token(name, tx, real_now=real_now, overlap=length, last_day=last_day)
        )
    _print_secret(made, json=json)
    ends_at = made.token.old_ends_at
    if not json and ends_at is not None:
        tell(f"The old one works until {_time(ends_at)}." if ends_at > real_now else "The old one works no more.")


def list_tokens(json: bool = JSON_OPTION) -> None:
    """List the tokens with roles and last use, not the secrets.

    Example: oncall token list
    """
    from oncall import wiring
    from oncall.paging.actions.token_actions import token_view

    settings = local_settings("token")
    with wiring.make_store(settings) as store:
        tokens = store.read(lambda tx: tx.tokens())
    if json:
        print_json({"tokens": [token_view(token) for token in tokens]})
        return
    if not tokens:
        tell("No tokens yet; make one with `oncall token create`.")
    real_now = wiring.make_clock(settings).real_now()
    for token in tokens:
        say(_line(token, real_now))


def _line(token: Token, real_now: datetime) -> str:
    parts = [token.handle, token.role.value, f"since {_time(token.created_at)}"]
    if token.scopes:
        parts.append(f"only {', '.join(sorted(token.scopes))}")
    if token.may_acknowledge:
        parts.append("may acknowledge")
    parts.append(f"last used {_time(token.last_used_at)}" if token.last_used_at is not None else "never used")
    if token.old_ends_at is not None and token.old_ends_at > real_now:
        parts.append(f"the old one works until {_time(token.old_ends_at)}")
    if token.expires_at is not None:
        word = "expired" if token.is_expired(real_now) else "expires"
        parts.append(f"{word} {_time(token.expires_at)}")
    return "  ".join(parts)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def revoke_token(name: str = _NAME, json: bool = JSON_OPTION) -> None:
    """Revoke a caller's token, within seconds.

    Example: oncall token revoke zendesk
    """
    from oncall import wiring
    from oncall.paging.actions import token_actions

    with wiring.make_store(local_settings("token")) as store:
        others = store.write(lambda tx: token_actions.revoke_token(name, tx))
    if others:
        tell(f"WARNING: other tokens of this caller still work: {', '.join(others)}.", colour="yellow")
    if json:
        print_json({"name": name, "revoked": True})
        return
    say(f"Revoked {name}'s token.")
