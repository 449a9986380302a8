"""Phone proofs: engineers prove by a reply that texts reach them, before their first shift and on a new number."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oncall.paging.domain.reachability import Alert
from oncall.paging.outgoing.handoffs import INSTANT
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.opt_out import unreachable_by_text
from oncall.paging.outgoing.sms_encoding import encoding_for, fitted
from oncall.paging.ports.phone_proofs import PhoneProof, PhoneProofs
from oncall.paging.ports.store import ReminderStore
from oncall.schedule.schedule import Schedule
from oncall.schedule.timeline import Assignment
from oncall.schedule.versions import Person
from oncall.support.phones import canonical_phone
from oncall.support.wording import short_time

ASK_BEFORE = timedelta(days=7)
ASK_AGAIN_BEFORE = timedelta(days=2)
TELL_MANAGER_BEFORE = timedelta(days=1)
INSTANTS = (ASK_BEFORE, ASK_AGAIN_BEFORE, TELL_MANAGER_BEFORE)
"""How long before a shift the pager asks the engineer, asks again, and notifies the manager."""
TIME_TO_REPLY = timedelta(hours=1)
"""How long an engineer who is asked shortly before a shift has for the reply, before the manager is notified."""
READY = "READY"


@dataclass(frozen=True, slots=True)
class Unproven:
    """An engineer whose phone is not proven, with their present or next shift."""

    person: Person
    shift: Assignment
    proof: PhoneProof


def unproven(proofs: Sequence[PhoneProof], schedule: Schedule, now: datetime, ahead: timedelta) -> list[Unproven]:
    """Return the engineers whose phones are not proven and who have a shift within `ahead` of `now` (policy time).

    A shift that runs at `now` counts.
    """
    known = {(proof.person, proof.phone): proof for proof in proofs}
    first: dict[str, Assignment] = {}
    for each in schedule.assignments(now, now + ahead + INSTANT):
        first.setdefault(each.engineer, each)
    found = []
    for person_id, shift in first.items():
        person = schedule.people.get(person_id)
        if person is None:
            continue
        phone = canonical_phone(person.phone)
        proof = known.get((person_id, phone), PhoneProof(person_id, phone))
        if proof.proven_at is None:
            found.append(Unproven(person, shift, proof))
    return found


def ask_for_proof(tx: ReminderStore, context: ActionContext) -> bool:
    """Ask the engineers whose phones are not proven for a reply. Notify the manager of those who did not reply in time.

    Each text is written only once for a number. Returns True if a reply is still missing.
    """
    schedule, now = tx.schedule(), context.now
    waiting = unproven(tx.phone_proofs(), schedule, now, ASK_BEFORE)
    opted_out = unreachable_by_text(tx)
    for each in waiting:
        is_near = each.shift.window.start - now <= ASK_AGAIN_BEFORE
        if each.person.id not in opted_out:
            _ask(tx, each, "", context)
            if is_near and each.proof.asked_at is not None and now - each.proof.asked_at >= TELL_MANAGER_BEFORE:
                _ask(tx, each, "again ", context)
        asked_at = each.proof.asked_at or now
        if each.proof.asked_at is None:
            tx.save_phone_proof(replace(each.proof, asked_at=now))
        is_due = each.shift.window.start - now <= TELL_MANAGER_BEFORE and now - asked_at >= TIME_TO_REPLY
        if is_due:
            _tell_manager(tx, each, context)
    return bool(waiting)


def prove_phone(tx: PhoneProofs, person: Person, context: ActionContext) -> bool:
    """Record that a text came from this person's present number. Returns False if that was recorded already."""
    phone = canonical_phone(person.phone)
    known = next((one for one in tx.phone_proofs() if (one.person, one.phone) == (person.id, phone)), None)
    if known is not None and known.proven_at is not None:
        return False
    tx.save_phone_proof(replace(known or PhoneProof(person.id, phone), proven_at=context.now))
    return True


def _ask(tx: ReminderStore, each: Unproven, again: str, context: ActionContext) -> None:
    zone = tx.schedule().calendar.zone
    when = short_time(each.shift.window.start, zone)
    begins = f"from {when}" if each.shift.window.start > context.now else "now"
    body = f"Reply {READY} to prove that pages reach this phone. You are on call {begins} as {each.shift.role}."
    _write(tx, f"prove {again}{_key(each)}", each.person.id, body, context)


def _tell_manager(tx: ReminderStore, each: Unproven, context: ActionContext) -> None:
    schedule = tx.schedule()
    manager = schedule.manager_at(context.now)
    if manager is None or manager.id == each.person.id:
        return
    name = encoding_for([each.person.name], unicode=tx.policy_at(context.now).sms.unicode).spell(each.person.name)
    when = short_time(each.shift.window.start, schedule.calendar.zone)
    begins = f"from {when}" if each.shift.window.start > context.now else "now"
    body = (
        f"Call {name}: they have not replied {READY}, so it is not proven that pages reach their phone. "
        f"On call {begins} as {each.shift.role}."
    )
    _write(tx, f"unproven {_key(each)}", manager.id, body, context)


def _key(each: Unproven) -> str:
    """Return a key for a person and their phone number. It does not show the number."""
    return f"{each.person.id} {hashlib.sha256(each.proof.phone.encode()).hexdigest()[:16]}"


def _write(tx: ReminderStore, about: str, to: str, body: str, context: ActionContext) -> None:
    tx.add_alert(Alert(uuid.uuid4().hex, about, to, fitted(body), context.real_now, context.real_now))
