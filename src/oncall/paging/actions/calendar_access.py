"""Links to calendar feeds: creates one, revokes them, and finds the feed that a secret opens."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Annotated, TypedDict

from oncall.errors import NotFound, Refused
from oncall.paging.actions.caller_actions import NotAllowed
from oncall.paging.actions.engineer_tokens import roster_fault
from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.paging.actions.permissions import Access, Operation, access
from oncall.paging.domain.quoted_text import clean, quoted
from oncall.paging.ports.calendar_links import CalendarLink, CalendarLinks
from oncall.paging.ports.callers import Token
from oncall.suggestions import suggestion

MOST_LINKS = 10
"""The most links of one engineer, or of the team."""
SECRET_BYTES = 16
NO_SHIFTS = "the published schedule has no shifts of yours, so there is no calendar; ask your manager"


class CalendarLinkView(TypedDict):
    """A new link to a calendar feed."""

    engineer: Annotated[str | None, "The engineer whose shifts the feed shows; null for the whole team."]
    url: Annotated[str, "The address of the feed. It is shown once; the service keeps only its digest."]


class CalendarUnlinkView(TypedDict):
    """Revoked links to calendar feeds."""

    engineer: Annotated[str | None, "The engineer whose links they were; null for the team's."]
    revoked: Annotated[int, "How many links were revoked."]


def allowed_feed(caller: Token, engineer: str | None, *, is_team: bool) -> str | None:
    """Return the id of the engineer whose feed the caller may link to; None for the team's feed.

    engineer: as posted; None: not given, which means the engineer of the token. is_team: True to ask for the team's
    feed. Raises NotAllowed if the token does not allow the feed, and FieldFaults if a manager names neither an engineer
    nor the team, or both.
    """
    if access(caller.role, Operation.LINK_CALENDAR) is Access.AS_ITSELF:
        if is_team or engineer not in (None, caller.name):
            raise NotAllowed(f"this token makes and revokes the calendar links of {caller.name} alone")
        return caller.name
    if is_team and engineer is not None:
        raise FieldFaults([FieldFault("team", "leave it out beside `engineer`")])
    if engineer is None and not is_team:
        raise FieldFaults([FieldFault("engineer", "name an engineer by their id, or set `team` to true")])
    return engineer


def make_link(
    tx: CalendarLinks, engineer: str | None, *, by: str, real_now: datetime, secret: str | None = None
) -> str:
    """Store a new link to the feed of an engineer, or of the team (None). Returns its path, which contains the secret.

    secret: a random text from the caller; if a link with it is stored, nothing changes. None: a new secret. Raises
    Refused before a publication and beyond MOST_LINKS, and NotFound for a person on no roster.
    """
    schedule = tx.schedule()
    if schedule.latest is None:
        raise Refused(
            "no schedule is published yet; make one with `oncall generate` and `oncall publish`", on_page=NO_SHIFTS
        )
    if engineer is not None and roster_fault(engineer, schedule) is not None:
        hint = suggestion(clean(engineer), sorted(schedule.people))
        raise NotFound(f"nobody on the published rosters has the id {quoted(engineer)}; {hint}", on_page=NO_SHIFTS)
    if secret is not None and tx.calendar_link(_digest(secret)) is not None:
        return _path(secret)
    if len(tx.calendar_links(engineer)) >= MOST_LINKS:
        raise Refused(
            f"{_owner(engineer)} has {MOST_LINKS} calendar links already; "
            f"`oncall calendar unlink {engineer or '--team'}` revokes them all",
            on_page=f"you have {MOST_LINKS} calendar links already; revoke them on your page, then make a new one",
        )
    secret = secret or secrets.token_urlsafe(SECRET_BYTES)
    tx.add_calendar_link(CalendarLink(_digest(secret), schedule.latest.team, engineer, real_now, by))
    return _path(secret)


def revoke_links(tx: CalendarLinks, engineer: str | None) -> CalendarUnlinkView:
    """Delete every link to the feed of an engineer, or of the team (None). Raises NotFound if there is none."""
    revoked = tx.remove_calendar_links(engineer)
    if not revoked:
        owner = _owner(quoted(engineer)[1:-1] if engineer is not None else None)
        raise NotFound(
            f"{owner} has no calendar link; `oncall calendar link` makes one",
            on_page="you have no calendar link any more, so there is nothing to revoke",
        )
    return {"engineer": engineer, "revoked": revoked}


def link_with(tx: CalendarLinks, secret: str) -> CalendarLink | None:
    """Return the link with this secret; None if there is none or it was revoked."""
    return tx.calendar_link(_digest(secret))


def _path(secret: str) -> str:
    return f"/calendar/{secret}.ics"


def _owner(engineer: str | None) -> str:
    return engineer if engineer is not None else "the team"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
