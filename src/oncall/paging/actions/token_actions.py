"""Creates, rotates and revokes callers' tokens, for the terminal and for the API."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Protocol, TypedDict
from zoneinfo import ZoneInfo

from oncall.errors import NotFound, Refused
from oncall.paging.actions.engineer_tokens import roster_fault
from oncall.paging.ports.callers import CallerRole, Scope, Token
from oncall.paging.ports.people_store import Tokens
from oncall.paging.ports.schedule_store import Schedules
from oncall.support.calendar import first_instant
from oncall.support.reserved_names import reserved_meaning

OVERLAP = timedelta(hours=24)
"""How long (real time) the old secret works after a rotation by default."""
MOST_OVERLAP = timedelta(days=30)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,29}")
_LAST_YEAR = 2199


class TokenStore(Tokens, Schedules, Protocol):
    """The queries for tokens and for the people on the roster."""


class TokenView(TypedDict):
    """A token as JSON, without its secret."""

    name: Annotated[str, "The token: the caller, and a label where the caller has several (`ana:laptop`)."]
    role: str
    scopes: Annotated[list[str], "What the token may do of what its role may; empty for all."]
    created_at: str
    may_acknowledge: bool
    expires_at: Annotated[str | None, "From this instant on the token is refused; null: never."]
    last_used_at: Annotated[str | None, "Up to some minutes late; null: never used."]
    old_secret_until: Annotated[str | None, "The instant until which the secret before the last rotation also works."]


@dataclass(frozen=True, slots=True)
class WantedToken:
    """A token to be created.

    last_day: the last day on which it is valid, in the policy's zone; None: without end. scopes: names of `Scope`;
    empty for everything that the role may do.
    """

    handle: str
    role: str
    may_acknowledge: bool = False
    last_day: date | None = None
    scopes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A token with its secret, which is shown once. warning: for the person who created it; None if there is none."""

    token: Token
    secret: str
    warning: str | None = None


def make_token(wanted: WantedToken, tx: TokenStore, *, real_now: datetime) -> NewSecret:
    """Create a token and store it. Raises Refused if it is not valid, and Conflict if its handle is taken."""
    name, label = _name_and_label(wanted.handle)
    role = _role_of(wanted)
    if role is CallerRole.INTAKE and name in tx.schedule().people:
        raise Refused(f"{name} is a person on the roster; give the program a name of its own")
    expires_at = _end_of(wanted.last_day, tx.policy().zone, real_now) if wanted.last_day is not None else None
    secret = _new_secret()
    token = Token(
        name,
        role,
        _digest(secret),
        real_now,
        wanted.may_acknowledge,
        expires_at,
        label,
        frozenset(map(_scope, wanted.scopes)),
    )
    tx.add_token(token)
    return NewSecret(token, secret, _warning(token, tx))


def rotate_token(
    handle: str, tx: TokenStore, *, real_now: datetime, overlap: timedelta = OVERLAP, last_day: date | None = None
) -> NewSecret:
    """Give a token a new secret. The old one works until the overlap is over, or until the token itself ends.

    last_day: the new last day on which the token is valid; None leaves its end unchanged. A secret from an earlier
    rotation ends at once. Raises NotFound for an unknown token, and Refused for an invalid overlap or end.
    """
    token = tx.token(handle)
    if token is None:
        raise NotFound(f'there is no token "{handle[:60]}"; `oncall token list` shows them')
    if overlap > MOST_OVERLAP:
        raise Refused(f"the overlap is longer than {MOST_OVERLAP.days} days; write at most {MOST_OVERLAP.days}d")
    expires_at = token.expires_at
    if last_day is not None:
        expires_at = _end_of(last_day, tx.policy().zone, real_now)
    elif expires_at is not None and expires_at <= real_now:
        raise Refused(
            f"the token {handle} expired at {expires_at:%Y-%m-%d %H:%M} UTC; name a new last day: --expires DATE"
        )
    # A new end must not bring a secret back that has ended already.
    old_ends_at = min(filter(None, (real_now + overlap, token.expires_at)))
    secret = _new_secret()
    rotated = replace(
        token, digest=_digest(secret), expires_at=expires_at, old_digest=token.digest, old_ends_at=old_ends_at
    )
    tx.replace_token(rotated)
    return NewSecret(rotated, secret)


def revoke_token(handle: str, tx: TokenStore) -> list[str]:
    """Delete a token. Returns the handles of the caller's other tokens, which still work.

    Raises NotFound for an unknown token.
    """
    tx.remove_token(handle)
    name = handle.partition(":")[0]
    return [token.handle for token in tx.tokens() if token.name == name]


def token_view(token: Token) -> TokenView:
    """Return a token as JSON, without its secret."""
    return {
        "name": token.handle,
        "role": token.role.value,
        "scopes": sorted(token.scopes),
        "created_at": token.created_at.isoformat(),
        "may_acknowledge": token.may_acknowledge,
        "expires_at": _text(token.expires_at),
        "last_used_at": _text(token.last_used_at),
        "old_secret_until": _text(token.old_ends_at),
    }


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _new_secret() -> str:
    return f"oncall_{secrets.token_urlsafe(32)}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _name_and_label(handle: str) -> tuple[str, str]:
    """Return the caller's name and the label in `ana` or `ana:laptop`. Raises Refused for invalid names."""
    name, colon, label = handle.partition(":")
    if not _NAME.fullmatch(name):
        raise Refused(f'"{name[:60]}" is not a name; write 1 to 60 of A-Z a-z 0-9 . _ -')
    if colon and not _LABEL.fullmatch(label):
        raise Refused(f'"{label[:60]}" is not a label; write 1 to 30 of A-Z a-z 0-9 . _ - after the colon')
    meaning = reserved_meaning(name)
    if meaning is not None:
        raise Refused(f'"{name}" is the name of {meaning} in the log; choose another name')
    return name, label


def _role_of(wanted: WantedToken) -> CallerRole:
    """Return the role of a new token.

    Raises Refused for an unknown role, or for an option that the role must not have.
    """
    role = wanted.role
    if role not in [known.value for known in CallerRole]:
        raise Refused(f'"{role[:60]}" is not a role; write intake, engineer or manager')
    if wanted.may_acknowledge and role != CallerRole.INTAKE:
        raise Refused(f"--may-acknowledge is for role intake; a token of role {role} may acknowledge without it")
    return CallerRole(role)


def _scope(name: str) -> Scope:
    known = [scope.value for scope in Scope]
    if name not in known:
        raise Refused(f'"{name[:60]}" is not a scope; write {", ".join(known[:-1])} or {known[-1]}')
    return Scope(name)


def _end_of(day: date, zone: ZoneInfo, real_now: datetime) -> datetime:
    """Return the instant (aware UTC) at which a day ends in a zone.

    Raises Refused if the day is over or too far ahead.
    """
    if day.year > _LAST_YEAR:
        raise Refused(f"--expires: {day} is after the year {_LAST_YEAR}; leave the option out for a token without end")
    end = first_instant(zone, datetime.combine(day + timedelta(days=1), datetime.min.time()))
    if end <= real_now:
        raise Refused(f"--expires: {day} is over; write a day from today on")
    return end


def _warning(token: Token, tx: Schedules) -> str | None:
    """Return a warning if a new token's name is not on the roster; None if all is well."""
    if token.role is not CallerRole.ENGINEER:
        return None
    fault = roster_fault(token.name, tx.schedule())
    return f"the server refuses this token's events until {token.name} is on the roster: {fault}" if fault else None
