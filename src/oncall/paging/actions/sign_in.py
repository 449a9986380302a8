"""Signs people in to the web pages: creates a link, uses it once, finds the person of a session, and ends a session."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, TypedDict

from oncall.errors import NotFound, Refused
from oncall.paging.actions.caller_actions import NotAllowed
from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.paging.domain.quoted_text import clean, quoted
from oncall.paging.ports.callers import CallerRole, Token
from oncall.paging.ports.sign_in_store import LoginLink, PageSession, SignIns
from oncall.schedule.schedule import Schedule
from oncall.suggestions import suggestion
from oncall.support.json_types import IsoTime

LINK_LENGTH = timedelta(minutes=15)
SESSION_LENGTH = timedelta(days=7)
"""How long a browser stays signed in (real time)."""
LONGEST_PERSON = 60
SECRET_BYTES = 32


class LoginLinkView(TypedDict):
    """A new link that signs a person in to the web pages."""

    engineer: Annotated[str, "The id on the roster of the person whom the link signs in."]
    url: Annotated[str, "The link. It works once and is shown once; the service keeps only its digest."]
    expires_at: Annotated[IsoTime, "From this instant on the link is refused."]


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who is signed in.

    role: manager for the manager of the latest publication and for a person whom the identity provider lists in the
    group of managers; else engineer. session: the digest of the session. since: when they signed in (real time, aware
    UTC). id_token: as in PageSession.
    """

    id: str
    name: str
    role: CallerRole
    session: str
    since: datetime
    id_token: str | None = field(default=None, repr=False)

    @property
    def token(self) -> Token:
        """Return a token with the visitor's rights, for functions of the API.

        It has no secret, so that no request can use it.
        """
        return Token(self.id, self.role, "", self.since)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session. session_id: the secret that the browser keeps. The store has only its digest."""

    person: str
    session_id: str


def wanted_person(posted: object) -> str:
    """Return the person's id from a posted body. Raises FieldFaults if it is missing or wrong."""
    return wanted_text(posted, "engineer", body="login_link", example="ana", longest=LONGEST_PERSON)


def wanted_text(posted: object, name: str, *, body: str, example: str, longest: int) -> str:
    """Return the text of one field of a posted body. name: the field. longest: the most characters.

    body, example: for the fault if the body is not a JSON object: the name of the body, and a value of the field.
    Raises FieldFaults if the text is missing or too long.
    """
    if not isinstance(posted, Mapping):
        raise FieldFaults([FieldFault(body, f'a JSON object is needed, like {{"{name}": "{example}"}}')])
    value = posted.get(name)
    if isinstance(value, str) and 0 < len(value) <= longest:
        return value
    words = "missing" if value is None else f"write text of 1 to {longest} characters"
    raise FieldFaults([FieldFault(name, words)])


def login_link_for(caller: Token, person: str, tx: SignIns, *, public_url: str, real_now: datetime) -> LoginLinkView:
    """Create a login link for a caller of the API. Returns it.

    Raises NotAllowed for a token with scopes, because a session has none. Also raises the errors of
    `make_login_link`: Refused and NotFound.
    """
    if caller.scopes:
        own = ", ".join(sorted(caller.scopes))
        raise NotAllowed(f"this token has only {own}, and a link gives all that a person may do")
    return make_login_link(person, tx, by=caller.name, public_url=public_url, real_now=real_now)


def make_login_link(person: str, tx: SignIns, *, by: str, public_url: str, real_now: datetime) -> LoginLinkView:
    """Store a new login link. Returns it.

    Raises Refused before a publication, and NotFound for a person on no roster.
    """
    schedule = tx.schedule()
    if schedule.latest is None:
        raise Refused("no schedule is published yet; make one with `oncall generate` and `oncall publish`")
    known = _people(schedule)
    if person not in known:
        hint = suggestion(clean(person), sorted(known))
        raise NotFound(f"nobody on the published roster has the id {quoted(person)}; {hint}")
    secret, ends_at = secrets.token_urlsafe(SECRET_BYTES), real_now + LINK_LENGTH
    tx.forget_sign_ins(ended_by=real_now)
    tx.add_login_link(LoginLink(digest_of(secret), person, by, real_now, ends_at))
    return {"engineer": person, "url": f"{public_url}/login/{secret}", "expires_at": ends_at.isoformat()}


def sign_in(secret: str, tx: SignIns, *, replaces: str | None, real_now: datetime) -> SignedIn | None:
    """Use a login link: delete it and start a session. Returns None for a link that is unknown, was used or has ended.

    None also if its person has left the roster since. replaces: the digest of the browser's earlier session, which
    ends; None if there was none.
    """
    link = tx.take_login_link(digest_of(secret))
    if link is None or link.ends_at <= real_now or link.person not in _people(tx.schedule()):
        return None
    return start_session(link.person, tx, replaces=replaces, real_now=real_now)


def start_session(
    person: str,
    tx: SignIns,
    *,
    replaces: str | None,
    real_now: datetime,
    is_manager: bool = False,
    id_token: str | None = None,
) -> SignedIn:
    """Store a new session of a person on the roster. Returns it with its secret.

    replaces: the digest of the browser's earlier session, which ends; None if there was none. is_manager, id_token: as
    in PageSession.
    """
    if replaces is not None:
        tx.remove_page_session(replaces)
    tx.forget_sign_ins(ended_by=real_now)
    session_id, ends_at = secrets.token_urlsafe(SECRET_BYTES), real_now + SESSION_LENGTH
    tx.add_page_session(PageSession(digest_of(session_id), person, real_now, ends_at, is_manager, id_token))
    return SignedIn(person, session_id)


def visitor_of(session_id: str, tx: SignIns, *, real_now: datetime) -> Visitor | None:
    """Return the person of a session; None if it is unknown or has ended, or if the person has left the roster."""
    session = tx.page_session(digest_of(session_id))
    if session is None or session.ends_at <= real_now:
        return None
    schedule = tx.schedule()
    name = _people(schedule).get(session.person)
    if name is None:
        return None
    is_manager = schedule.manager is not None and schedule.manager.id == session.person
    role = CallerRole.MANAGER if is_manager or session.is_manager else CallerRole.ENGINEER
    return Visitor(session.person, name, role, session.digest, session.created_at, session.id_token)


def has_left(session_id: str, tx: SignIns, *, real_now: datetime) -> bool:
    """Return True if a session would still be valid, but its person has left the roster."""
    session = tx.page_session(digest_of(session_id))
    return session is not None and session.ends_at > real_now and session.person not in _people(tx.schedule())


def digest_of(secret: str) -> str:
    """Return the SHA-256 digest (hex) of a secret. Only the digest is stored."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _people(schedule: Schedule) -> dict[str, str]:
    """Return the names of the engineers and the manager of the latest publication, by id."""
    latest = schedule.latest
    if latest is None:
        return {}
    people = [*latest.people.values(), *([latest.manager] if latest.manager else [])]
    return {person.id: person.name for person in people}
