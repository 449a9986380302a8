"""Shows a caller's own token as JSON: its name, its role, and the engineer that it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypedDict

from oncall.paging.ports.callers import Token
from oncall.support.json_types import IsoTime

if TYPE_CHECKING:
    from oncall.schedule.schedule import Schedule


class CallerView(TypedDict):
    """The caller of a request, as described by the caller's token."""

    name: Annotated[str, "The name of the token."]
    role: Annotated[str, "`intake`, `engineer` or `manager`."]
    engineer: Annotated[
        str | None, "The engineer on the published roster for whom the token acts; null if there is none."
    ]
    engineer_name: Annotated[str | None, "That person's name."]
    timezone: Annotated[str | None, "That person's own zone."]
    expires_at: Annotated[IsoTime | None, "When the token expires; null for a token without end."]


def caller_view(token: Token, schedule: Schedule) -> CallerView:
    """Return the caller that a token identifies, as JSON. Times are UTC."""
    person = schedule.people.get(token.name)
    return {
        "name": token.name,
        "role": token.role.value,
        "engineer": person.id if person is not None else None,
        "engineer_name": person.name if person is not None else None,
        "timezone": person.zone.key if person is not None else None,
        "expires_at": token.expires_at.isoformat() if token.expires_at is not None else None,
    }
