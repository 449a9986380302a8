"""Opt-outs: the people who sent STOP, and the alert to the manager if such a person is on call or comes on next."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from oncall.paging.domain.reachability import SMS, Alert, Reach, Reachability
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.sms_encoding import encoding_for, fitted, plain
from oncall.paging.ports.store import OptOutNotes, OptOuts
from oncall.schedule.schedule import Schedule
from oncall.schedule.versions import Person
from oncall.support.phones import same_phone

STOP_WORDS = frozenset("STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT".split())  # noqa: SIM905
START_WORDS = frozenset("START YES UNSTOP".split())  # noqa: SIM905
_NEXT_WITHIN = timedelta(days=8)


def opting(body: str, opt_out_type: str | None = None) -> Reach | None:
    """Return OPTED_OUT for a text that opts out, REACHABLE for a text that opts in again, and None for any other text.

    The whole body must be one of the phone company's words, in any letter case. opt_out_type: how the provider
    classified the text; if given, it decides instead of the body.
    """
    word = opt_out_type.upper() if opt_out_type else plain(body).strip().upper()
    if word in STOP_WORDS:
        return Reach.OPTED_OUT
    return Reach.REACHABLE if word in START_WORDS else None


def unreachable_by_text(tx: OptOuts, schedule: Schedule | None = None) -> Mapping[str, Reachability]:
    """Return, by person's id, the opt-outs of people on the roster. Only opt-outs from their present number count."""
    marks = [mark for mark in tx.opted_out() if mark.channel == SMS]
    if not marks:
        return {}
    people = (schedule or tx.schedule()).people
    known = [mark for mark in marks if mark.person in people]
    return {mark.person: mark for mark in known if same_phone(people[mark.person].phone, mark.phone)}


def note_opting(tx: OptOutNotes, person: Person, reach: Reach, *, why: str, context: ActionContext) -> bool:
    """Record that this person opted out of texts, or in again. Returns False if that was recorded already.

    Alerts the manager if the person opted out and is on call or comes on next.
    """
    has_opted_out = person.id in unreachable_by_text(tx)
    if has_opted_out is (reach is Reach.OPTED_OUT):
        return False
    tx.note_reachability(Reachability(person.id, SMS, reach, context.now, why, person.phone))
    tell_manager(tx, context)
    return True


def tell_manager(tx: OptOutNotes, context: ActionContext) -> None:
    """Write an alert to the manager about each person who opted out and is on call or comes on next.

    The manager gets one alert for each STOP, even if this runs again.
    """
    schedule = tx.schedule()
    opted_out = unreachable_by_text(tx, schedule)
    manager = schedule.manager_at(context.now) if opted_out else None
    if manager is None:
        return
    for person in sorted(on_call_or_next(schedule, context.now) & opted_out.keys()):
        # Stored alerts have this key. With another word the manager would get a second alert about the same STOP.
        about = f"deaf {person} {opted_out[person].since.isoformat()}"
        name, unicode = schedule.people[person].name, tx.policy().sms.unicode
        body = _warning(name, opted_out.keys(), manager.id, unicode=unicode)
        tx.add_alert(Alert(uuid.uuid4().hex, about, manager.id, body, context.real_now, context.real_now))


def on_call_or_next(schedule: Schedule, now: datetime) -> set[str]:
    """Return the ids of the people who are on call at `now` (aware UTC) and of the people whose shift begins next."""
    paged = {duty.engineer for duty in schedule.responders(now).roles.values()}
    coming = [one for one in schedule.assignments(now, now + _NEXT_WITHIN) if one.window.start > now]
    begins = min((one.window.start for one in coming), default=None)
    return paged | {one.engineer for one in coming if one.window.start == begins}


def _warning(name: str, opted_out: Collection[str], manager: str, *, unicode: bool) -> str:
    spelt = encoding_for([name], unicode=unicode).spell(name)
    words = f"WARNING: {spelt} is on call or next and has sent STOP: no text reaches them until they send START."
    also = " You have sent STOP too." if manager in opted_out else ""
    return fitted(words + also)
