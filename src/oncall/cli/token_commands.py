"""Make, list and revoke callers' tokens."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from oncall.cli.json_option import JSON_OPTION
from oncall.cli.option_values import date_of
from oncall.cli.output import local_settings, print_json, say, tell
from oncall.errors import Refused

if TYPE_CHECKING:
    from oncall.paging.ports.callers import CallerRole, Token
    from oncall.paging.ports.store import Transaction

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_LAST_YEAR = 2199


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    token = typer.Typer(help="Make, list and revoke callers' tokens.", no_args_is_help=True, rich_markup_mode=None)
    token.command("create")(create_token)
    token.command("list")(list_tokens)
    token.command("revoke")(revoke_token)
    app.add_typer(token, name="token")


def create_token(
    name: str = typer.Argument(metavar="NAME", help="The caller: a system's name, or an engineer's id."),
    role: str = typer.Option(..., "--role", metavar="ROLE", help="What it may do: intake, engineer or manager."),
    may_acknowledge: bool = typer.Option(
        False, "--may-acknowledge", help="For role intake: it may acknowledge for a person on the roster."
    ),
    expires: str | None = typer.Option(
        None, "--expires", metavar="DATE", help="The last day on which the token is valid, in the policy's zone."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Make a caller's token, and print it once.

    The database keeps only its digest, so nothing can show the token again. docs/callers.md lists what each role may
    do.

    Example: oncall token create zendesk --role intake
    """
    import hashlib
    import secrets

    from oncall import wiring
    from oncall.paging.ports.callers import Token

    caller_role = _role_of(name, role, may_acknowledge=may_acknowledge)
    last_day = date_of(expires, "--expires") if expires is not None else None
    settings = local_settings("token")
    secret = f"oncall_{secrets.token_urlsafe(32)}"
    digest, real_now = hashlib.sha256(secret.encode()).hexdigest(), wiring.make_clock(settings).real_now()

    def work(tx: Transaction) -> str | None:
        expires_at = _end_of(last_day, tx.policy().zone, real_now) if last_day is not None else None
        token = Token(name, caller_role, digest, real_now, may_acknowledge, expires_at)
        tx.add_token(token)
        return _warning(token, tx)

    with wiring.make_store(settings) as store:
        warning = store.write(work)
    if warning is not None:
        tell(f"WARNING: {warning}", colour="yellow")
    if json:
        print_json({"name": name, "role": role, "token": secret})
        return
    typer.echo(secret)
    tell("Keep it: it is not shown again.")


def _role_of(name: str, role: str, *, may_acknowledge: bool) -> CallerRole:
    """Return the role of a new token. Raises Refused for a name, a role or an option that it cannot have."""
    from oncall.paging.ports.callers import CallerRole
    from oncall.support.reserved_names import reserved_meaning

    if not _NAME.fullmatch(name):
        raise Refused(f'"{name[:60]}" is not a name; write 1 to 60 of A-Z a-z 0-9 . _ -')
    meaning = reserved_meaning(name)
    if meaning is not None:
        raise Refused(f'"{name}" is the name of {meaning} in the log; choose another name')
    if role not in [known.value for known in CallerRole]:
        raise Refused(f'"{role[:60]}" is not a role; write intake, engineer or manager')
    if may_acknowledge and role != CallerRole.INTAKE:
        raise Refused(f"--may-acknowledge is for role intake; a token of role {role} may acknowledge without it")
    return CallerRole(role)


def _end_of(day: date, zone: ZoneInfo, real_now: datetime) -> datetime:
    """Return the instant (aware UTC) at which a day ends in a zone. Raises Refused for a day that is over."""
    from oncall.support.calendar import first_instant

    if day.year > _LAST_YEAR:
        raise Refused(f"--expires: {day} is after the year {_LAST_YEAR}; leave the option out for a token without end")
    end = first_instant(zone, datetime.combine(day + timedelta(days=1), datetime.min.time()))
    if end <= real_now:
        raise Refused(f"--expires: {day} is over; write a day from today on")
    return end


def _warning(token: Token, tx: Transaction) -> str | None:
    """Return what the person who makes a token should know about its name; None when there is nothing.

    Raises Refused for a program that would have the name of a person.
    """
    from oncall.paging.actions.engineer_tokens import roster_fault
    from oncall.paging.ports.callers import CallerRole

    if token.role is CallerRole.INTAKE and token.name in tx.schedule().people:
        raise Refused(f"{token.name} is a person on the roster; give the program a name of its own")
    if token.role is not CallerRole.ENGINEER:
        return None
    fault = roster_fault(token.name, tx.schedule())
    return f"the server refuses this token's events until {token.name} is on the roster: {fault}" if fault else None


def list_tokens(json: bool = JSON_OPTION) -> None:
    """List the callers with their roles, but no tokens.

    Example: oncall token list
    """
    from oncall import wiring

    settings = local_settings("token")
    with wiring.make_store(settings) as store:
        tokens = store.read(lambda tx: tx.tokens())
    if json:
        print_json({"tokens": [_token_json(token) for token in tokens]})
        return
    if not tokens:
        tell("No tokens yet; make one with `oncall token create`.")
    real_now = wiring.make_clock(settings).real_now()
    for token in tokens:
        say(_line(token, real_now))


def _token_json(token: Token) -> dict[str, object]:
    return {
        "name": token.name,
        "role": token.role.value,
        "created_at": token.created_at.isoformat(),
        "may_acknowledge": token.may_acknowledge,
        "expires_at": token.expires_at.isoformat() if token.expires_at is not None else None,
    }


def _line(token: Token, real_now: datetime) -> str:
    parts = [token.name, token.role.value, f"since {token.created_at:%Y-%m-%d %H:%M} UTC"]
    if token.may_acknowledge:
        parts.append("may acknowledge")
    if token.expires_at is not None:
        word = "expired" if token.is_expired(real_now) else "expires"
        parts.append(f"{word} {token.expires_at:%Y-%m-%d %H:%M} UTC")
    return "  ".join(parts)


def revoke_token(
    name: str = typer.Argument(metavar="NAME", help="The caller's name."), json: bool = JSON_OPTION
) -> None:
    """Revoke a caller's token, within seconds.

    Example: oncall token revoke zendesk
    """
    from oncall import wiring

    with wiring.make_store(local_settings("token")) as store:
        store.write(lambda tx: tx.remove_token(name))
    if json:
        print_json({"name": name, "revoked": True})
        return
    say(f"Revoked {name}'s token.")
