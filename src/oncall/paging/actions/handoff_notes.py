"""Reads, checks and stores notes for the next shift."""

from __future__ import annotations

from collections.abc import Mapping

from oncall.errors import Refused
from oncall.paging.actions.action_checks import name_fault
from oncall.paging.actions.caller_actions import NotAllowed
from oncall.paging.actions.engineer_tokens import roster_fault
from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.paging.actions.permissions import Access, Operation, access
from oncall.paging.outgoing.handoff_report import last_report, running_report
from oncall.paging.outgoing.handoff_view import HandoffView, handoff_view
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.callers import Token
from oncall.paging.ports.handoff_book import HandoffNote
from oncall.paging.ports.store import ReportingStore

LONGEST_NOTE = 500


def note_from(posted: object, *, caller: str) -> tuple[str, str]:
    """Return the text and the author of a posted note. Raises FieldFaults with every wrong field.

    caller: the author if the posted note names none.
    """
    if not isinstance(posted, Mapping):
        raise FieldFaults([FieldFault("note", 'a JSON object is needed, like {"text": "watch T-1001"}')])
    text, by = posted.get("text"), posted.get("by")
    found = [("text", _text_fault(text)), ("by", None if by in (None, caller) else name_fault(by))]
    faults = [FieldFault(name, message) for name, message in found if message is not None]
    if faults:
        raise FieldFaults(faults)
    return str(text).strip(), str(by) if by is not None else caller


def noted_by(caller: Token, by: str, tx: ReportingStore) -> str:
    """Return `by`, the author of a note, if the caller may write it.

    Raises NotAllowed if an engineer's token names another author, or if its engineer is on no roster.
    """
    if access(caller.role, Operation.NOTE_HANDOFF) is Access.AS_ITSELF:
        if by != caller.name:
            raise NotAllowed(f"this token writes notes of {caller.name} alone")
        fault = roster_fault(caller.name, tx.schedule())
        if fault is not None:
            raise NotAllowed(f"this token may not write notes: {fault}")
    return by


def add_note(tx: ReportingStore, text: str, by: str, context: ActionContext) -> HandoffView:
    """Store a note for the next shift. Returns the report of the present shift. Raises Refused before a publication."""
    schedule = tx.schedule()
    if schedule.latest is None:
        raise Refused("no schedule is published yet; make one with `oncall generate` and `oncall publish`")
    tx.add_handoff_note(HandoffNote(schedule.latest.team, context.now, by, text))
    return handoff_view(running_report(tx, context.now), schedule)


def shift_view(tx: ReportingStore, context: ActionContext, *, is_last: bool) -> HandoffView:
    """Return the report of the present shift, or of the last one, as JSON. Raises Refused before a publication."""
    schedule = tx.schedule()
    if schedule.latest is None:
        raise Refused("no schedule is published yet; make one with `oncall generate` and `oncall publish`")
    report = last_report(tx, context.now) if is_last else running_report(tx, context.now)
    return handoff_view(report, schedule)


def _text_fault(value: object) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return "write what the next shift should know"
    if len(value.strip()) > LONGEST_NOTE:
        return f"has {len(value.strip())} characters; {LONGEST_NOTE} at most"
    if not value.strip().isprintable():
        return "holds a line break or another control character; write it on one line"
    return None
