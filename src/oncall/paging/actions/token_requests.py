"""What callers of the API may do with tokens. No caller can make a token with more rights than their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, NotRequired, TypedDict

from oncall.paging.actions.caller_actions import NotAllowed
from oncall.paging.actions.field_faults import FieldFault, FieldFaults, shown
from oncall.paging.actions.permissions import Access, Operation, access
from oncall.paging.actions.token_actions import (
    MOST_OVERLAP,
    OVERLAP,
    NewSecret,
    TokenStore,
    TokenView,
    WantedToken,
    make_token,
    revoke_token,
    rotate_token,
    token_view,
)
from oncall.paging.ports.callers import CallerRole, Scope, Token
from oncall.support.json_types import IsoTime
from oncall.support.likely_days import day_advice

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LONGEST_HANDLE = 91
"""A name of 60 characters, a colon, and a label of 30."""


class TokenListView(TypedDict):
    """Tokens without their secrets, sorted by name."""

    tokens: list[TokenView]


class NewTokenView(TypedDict):
    """A new token, or a rotated one. The secret is shown once."""

    name: Annotated[str, "The token: the caller, and a label where the caller has several (`ana:laptop`)."]
    role: str
    token: Annotated[str, "The secret, for `Authorization: Bearer`."]
    warning: NotRequired[Annotated[str, "A warning for the person who made the token; absent if there is none."]]
    old_secret_until: NotRequired[Annotated[IsoTime, "After a rotation: until then the old secret works too."]]


class RevokedTokenView(TypedDict):
    """A revoked token."""

    name: str
    revoked: bool
    others: Annotated[list[str], "Other tokens of the same caller, which still work."]


@dataclass(frozen=True, slots=True)
class Rotation:
    """A token to rotate. last_day: its new last day; None leaves the last day unchanged."""

    handle: str
    overlap: timedelta = OVERLAP
    last_day: date | None = None


def tokens_for(caller: Token, tx: TokenStore) -> TokenListView:
    """Return the tokens that a caller may see. A manager sees all tokens, any other caller only their own."""
    is_manager = caller.role is CallerRole.MANAGER
    return {"tokens": [token_view(token) for token in tx.tokens() if is_manager or token.name == caller.name]}


def create_for(caller: Token, wanted: WantedToken, tx: TokenStore, *, real_now: datetime) -> NewTokenView:
    """Make the token that a caller asks for. Raises Refused if it is not valid.

    Raises NotAllowed if the new token would have more rights than the caller's token.
    """
    _refuse_more_rights(caller, frozenset(wanted.scopes))
    return new_token_view(make_token(wanted, tx, real_now=real_now))


def rotate_for(caller: Token, asked: Rotation, tx: TokenStore, *, real_now: datetime) -> NewTokenView:
    """Rotate a token at a caller's request.

    Raises NotAllowed if the caller may not rotate this token or change its last day, NotFound for an unknown token, and
    Refused for an invalid overlap or last day.
    """
    _refuse_token_of_another(caller, asked.handle, tx)
    if asked.last_day is not None and access(caller.role, Operation.ADD_CALLER) is Access.NO:
        raise NotAllowed("only a manager changes the end of a token: leave `expires` out")
    made = rotate_token(asked.handle, tx, real_now=real_now, overlap=asked.overlap, last_day=asked.last_day)
    return new_token_view(made)


def revoke_for(caller: Token, handle: str, tx: TokenStore) -> RevokedTokenView:
    """Revoke a token at a caller's request. Raises NotFound, and NotAllowed if the caller may not revoke this token."""
    _refuse_token_of_another(caller, handle, tx)
    return {"name": handle, "revoked": True, "others": revoke_token(handle, tx)}


def new_token_view(made: NewSecret) -> NewTokenView:
    """Return a new or rotated token with its secret, as JSON."""
    view: NewTokenView = {"name": made.token.handle, "role": made.token.role.value, "token": made.secret}
    if made.warning is not None:
        view["warning"] = made.warning
    if made.token.old_ends_at is not None:
        view["old_secret_until"] = made.token.old_ends_at.isoformat()
    return view


def _refuse_token_of_another(caller: Token, handle: str, tx: TokenStore) -> None:
    """Raise NotAllowed if the caller may not rotate or revoke this token."""
    token = tx.token(handle)
    is_own = handle.partition(":")[0] == caller.name and (token is None or token.role is caller.role)
    if not is_own and access(caller.role, Operation.CHANGE_CALLER) is Access.AS_ITSELF:
        raise NotAllowed(f"this token rotates and revokes the {caller.role.value}'s tokens of {caller.name} alone")
    if token is not None:
        _refuse_more_rights(caller, frozenset(scope.value for scope in token.scopes))


def _refuse_more_rights(caller: Token, scopes: frozenset[str]) -> None:
    own = {scope.value for scope in caller.scopes}
    if own and not (scopes and scopes <= own):
        raise NotAllowed(f"this token has only {', '.join(sorted(own))}, and gives no token more than that")


def wanted_token(posted: object) -> WantedToken:
    """Return the token that a body describes. Raises FieldFaults with every wrong field."""
    body, faults = _object(posted, '{"name": "ana", "role": "engineer"}'), list[FieldFault]()
    name, role = (_text(body, field, faults) for field in ("name", "role"))
    scopes, may_acknowledge = body.get("scopes", []), body.get("may_acknowledge", False)
    if not isinstance(scopes, list) or len(scopes) > len(Scope) or not all(isinstance(one, str) for one in scopes):
        faults.append(FieldFault("scopes", 'write a list, like ["read"]'))
        scopes = []
    if not isinstance(may_acknowledge, bool):
        faults.append(FieldFault("may_acknowledge", "write true or false"))
    last_day = _day(body, faults)
    if faults:
        raise FieldFaults(faults)
    return WantedToken(name, role, may_acknowledge is True, last_day, tuple(scopes))


def wanted_rotation(posted: object) -> Rotation:
    """Return the rotation that a body describes. Raises FieldFaults with every wrong field."""
    body, faults = _object(posted, '{"name": "ana"}'), list[FieldFault]()
    name, most = _text(body, "name", faults), int(MOST_OVERLAP.total_seconds())
    seconds = body.get("overlap_seconds", int(OVERLAP.total_seconds()))
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 <= seconds <= most:
        faults.append(FieldFault("overlap_seconds", f"write a whole number of seconds from 0 to {most}"))
        seconds = 0
    last_day = _day(body, faults)
    if faults:
        raise FieldFaults(faults)
    return Rotation(name, timedelta(seconds=seconds), last_day)


def wanted_handle(posted: object) -> str:
    """Return the handle of the token that a body names, like `ana:laptop`. Raises FieldFaults if it is missing."""
    body, faults = _object(posted, '{"name": "ana"}'), list[FieldFault]()
    name = _text(body, "name", faults)
    if faults:
        raise FieldFaults(faults)
    return name


def _object(posted: object, example: str) -> Mapping[str, object]:
    if not isinstance(posted, Mapping):
        raise FieldFaults([FieldFault("token", f"a JSON object is needed, like {example}")])
    return posted


def _text(body: Mapping[str, object], field: str, faults: list[FieldFault]) -> str:
    value = body.get(field)
    if isinstance(value, str) and 0 < len(value) <= LONGEST_HANDLE:
        return value
    faults.append(FieldFault(field, "missing" if value is None else f"write text of 1 to {LONGEST_HANDLE} characters"))
    return ""


def _day(body: Mapping[str, object], faults: list[FieldFault]) -> date | None:
    value = body.get("expires")
    if value is None:
        return None
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    faults.append(FieldFault("expires", f"{shown(value)} {day_advice(str(value), '2027-12-31')}"))
    return None
