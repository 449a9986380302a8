"""Signs people in through an identity provider: starts and ends a handshake, and finds the person on the roster."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta

from oncall.paging.actions.caller_actions import NotAllowed
from oncall.paging.actions.sign_in import SECRET_BYTES, SignedIn, digest_of, start_session
from oncall.paging.domain.quoted_text import clean
from oncall.paging.ports.identity_provider import Identity, Secrets
from oncall.paging.ports.sign_in_store import ProviderHandshake, SignIns
from oncall.schedule.schedule import Schedule

HANDSHAKE_LENGTH = timedelta(minutes=10)
"""How long (real time) a sign-in at the provider may take, including a second factor."""
NO_HANDSHAKE = (
    "this sign-in was finished already, has ended, or was begun in another browser; begin again from the sign-in page"
)
LONGEST_EMAIL = 254


def new_secrets() -> Secrets:
    """Return the secrets of a new handshake."""
    return Secrets(*(secrets.token_urlsafe(SECRET_BYTES) for _ in range(3)))


def begin_handshake(made: Secrets, browser: str, tx: SignIns, *, wanted: str, real_now: datetime) -> None:
    """Store a new handshake. made: its secrets. browser: the value of the cookie that the browser gets.

    wanted: the path of the web page to open after the sign-in.
    """
    tx.forget_sign_ins(ended_by=real_now)
    ends_at = real_now + HANDSHAKE_LENGTH
    tx.add_provider_handshake(
        ProviderHandshake(
            digest_of(made.state), digest_of(browser), made.nonce, made.verifier, wanted, real_now, ends_at
        )
    )


def take_handshake(state: str, browser: str, tx: SignIns, *, real_now: datetime) -> ProviderHandshake | None:
    """Delete and return the handshake to which an answer of the identity provider belongs.

    state: from the answer. browser: the value of the browser's cookie. Returns None if the handshake is unknown or has
    ended, or if another browser began it.
    """
    found = tx.take_provider_handshake(digest_of(state))
    if found is None or found.ends_at <= real_now or not hmac.compare_digest(found.browser, digest_of(browser)):
        return None
    return found


def sign_in_identity(identity: Identity, tx: SignIns, *, replaces: str | None, real_now: datetime) -> SignedIn:
    """Start a session for the person on the roster who has this identity's e-mail address.

    replaces: the digest of the browser's earlier session, which ends; None if there was none. Raises NotAllowed if the
    address is missing, not verified, not on the roster, or there twice; the message says what to do.
    """
    person = _person_with(identity, tx.schedule())
    return start_session(
        person, tx, replaces=replaces, real_now=real_now, is_manager=identity.is_manager, id_token=identity.id_token
    )


def _person_with(identity: Identity, schedule: Schedule) -> str:
    if not identity.email:
        raise NotAllowed(
            "the identity provider names no e-mail address for you; your administrator can add it to the sign-in"
        )
    if not identity.is_verified:
        raise NotAllowed(
            "the identity provider has not verified your e-mail address; verify it there, then sign in again"
        )
    latest, wanted = schedule.latest, identity.email.casefold()
    people = [*latest.people.values(), *([latest.manager] if latest.manager else [])] if latest is not None else []
    found = {person.id for person in people if person.email is not None and person.email.casefold() == wanted}
    shown = clean(identity.email)[:LONGEST_EMAIL]
    if not found:
        raise NotAllowed(f"{shown} is not on the published roster; your manager can add it there and publish")
    if len(found) > 1:
        raise NotAllowed(f"{shown} belongs to several people of the published roster; your manager can correct that")
    return found.pop()
