"""Who hears our texts and who has sent STOP; the manager is told, once, of whoever is on call and does not hear."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from oncall.paging.domain.reachability import SMS, Alert, Reach, Reachability
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.sms_encoding import encoding_for, fitted, plain
from oncall.paging.ports.store import Transaction
from oncall.schedule.schedule import Schedule
from oncall.schedule.versions import Person
from oncall.support.phones import same_phone

STOP_WORDS = frozenset("STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT".split())  # noqa: SIM905
START_WORDS = frozenset("START YES UNSTOP".split())  # noqa: SIM905
_NEXT_WITHIN = timedelta(days=8)


def opting(body: str, opt_out_type: str | None = None) -> Reach | None:
    """What an inbound text asks the carrier for: no more texts, or texts again; None for any other.

    The whole body must be the carrier's word, in any letter case. opt_out_type: what the provider itself made of it.
    """
    word = opt_out_type.upper() if opt_out_type else plain(body).strip().upper()
    if word in STOP_WORDS:
        return Reach.DEAF
    return Reach.REACHABLE if word in START_WORDS else None


def unreachable_by_text(tx: Transaction, schedule: Schedule | None = None) -> Mapping[str, Reachability]:
    """Those of the roster whom no text reaches at their number of now, by id: a new number is a new start."""
    marks = [mark for mark in tx.deaf() if mark.channel == SMS]
    if not marks:
        return {}
    people = (schedule or tx.schedule()).people
    known = [mark for mark in marks if mark.person in people]
    return {mark.person: mark for mark in known if same_phone(people[mark.person].phone, mark.phone)}


def note_opting(tx: Transaction, person: Person, reach: Reach, *, why: str, context: ActionContext) -> bool:
    """Record that no text reaches this person any more, or that texts do again. False when it was known.

    The manager is told when it concerns who is on call.
    """
    is_deaf = person.id in unreachable_by_text(tx)
    if is_deaf is (reach is Reach.DEAF):
        return False
    tx.note_reachability(Reachability(person.id, SMS, reach, context.now, why, person.phone))
    tell_manager(tx, context)
    return True


def tell_manager(tx: Transaction, context: ActionContext) -> None:
    """Write a message to the manager for everybody deaf who is on call now or comes on next, once for each STOP."""
    schedule = tx.schedule()
    deaf = unreachable_by_text(tx, schedule)
    manager = schedule.manager_at(context.now) if deaf else None
    if manager is None:
        return
    for person in sorted(on_call_or_next(schedule, context.now) & deaf.keys()):
        mark = deaf[person]
        about = f"deaf {person} {mark.since.isoformat()}"
        name, unicode = schedule.people[person].name, tx.policy().sms.unicode
        body = _warning(name, deaf.keys(), manager.id, unicode=unicode)
        tx.add_alert(Alert(uuid.uuid4().hex, about, manager.id, body, context.real_now, context.real_now))


def on_call_or_next(schedule: Schedule, now: datetime) -> set[str]:
    """Ids of those who are paged at `now` (aware UTC), and of those whose turn begins next."""
    paged = {duty.engineer for duty in schedule.responders(now).roles.values()}
    coming = [turn for turn in schedule.assignments(now, now + _NEXT_WITHIN) if turn.window.start > now]
    begins = min((turn.window.start for turn in coming), default=None)
    return paged | {turn.engineer for turn in coming if turn.window.start == begins}


def _warning(name: str, deaf: Collection[str], manager: str, *, unicode: bool) -> str:
    spelt = encoding_for([name], unicode=unicode).spell(name)
    words = f"WARNING: {spelt} is on call or next and has sent STOP: no text reaches them until they send START."
    also = " You have sent STOP too." if manager in deaf else ""
    return fitted(words + also)
