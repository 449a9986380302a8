"""Reads a ticket action from a JSON object, which HTTP or the terminal posted.

All wrong fields are reported together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from oncall.paging.actions.action_checks import action_faults
from oncall.paging.actions.field_faults import FieldFault, FieldFaults, instant
from oncall.paging.actions.ticket_action import FORWARDED, TicketAction
from oncall.paging.actions.unknown_fields import unknown_fields
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.quoted_text import quoted
from oncall.support.reserved_names import reserved_meaning

EVENT_FIELDS = (
    "kind", "by", "at", "id", "why", "impact", "into", "needs_reply", "take_over", "to", "message", "mailed",
)  # fmt: skip
_ONLY_FOR = {
    "impact": EventKind.IMPACT_CHANGED,
    "into": EventKind.MERGED,
    "needs_reply": EventKind.CUSTOMER_REPLIED,
    "take_over": EventKind.ACKNOWLEDGED,
    "to": EventKind.PASSED,
}
"""The fields that only one kind of action may have, each with that kind."""
_MESSAGES = tuple(FORWARDED)
"""The kinds of action that may have a `message`."""
_TO_CUSTOMERS = (EventKind.REPLIED, EventKind.UPDATED)
"""The kinds of action that may have `mailed`, which says that the customer already got the text by mail."""


def action_from(posted: object, *, caller: str, now: datetime) -> TicketAction:
    """Return the ticket action that a posted object describes. Raises FieldFaults with every wrong field.

    caller: the author if `by` is absent. now: policy time, aware UTC; the time of the action if `at` is absent.
    """
    if not isinstance(posted, Mapping):
        raise FieldFaults([FieldFault("event", 'a JSON object is needed, like {"kind": "acknowledged"}')])
    by = caller if posted.get("by") is None else posted["by"]
    faults = [*action_faults(posted, caller=caller, now=now), *_reserved(by)]
    if faults:
        raise FieldFaults(faults)
    kind, at = EventKind(posted["kind"]), posted.get("at")
    return TicketAction(
        kind=kind,
        by=by,
        at=(instant(at) if at is not None else None) or now,
        why=posted.get("why") or "",
        id=posted.get("id"),
        impact=posted["impact"] if kind is EventKind.IMPACT_CHANGED else "",
        into=posted["into"] if kind is EventKind.MERGED else "",
        needs_reply=kind is not EventKind.CUSTOMER_REPLIED or posted.get("needs_reply") is not False,
        take_over=kind is EventKind.ACKNOWLEDGED and posted.get("take_over") is True,
        to=posted.get("to") if kind is EventKind.PASSED else None,
        message=(posted.get("message") or "") if kind in _MESSAGES else "",
        is_mailed=kind in _TO_CUSTOMERS and posted.get("mailed") is True,
    )


def _reserved(by: object) -> list[FieldFault]:
    """Return a fault if `by` is a reserved name, which stands for something that is not a person; else an empty list.

    A reserved name is a fault even if it is the caller's own name.
    """
    if not isinstance(by, str) or (meaning := reserved_meaning(by)) is None:
        return []
    return [FieldFault("by", f"{quoted(by)} is the name of {meaning}; name who did it")]


def action_warnings(posted: object) -> list[str]:
    """Return a sentence for each field of a posted action that is ignored."""
    if not isinstance(posted, Mapping):
        return []
    misplaced = [
        f'"{field}" is only for {kind.value} and was ignored.'
        for field, kind in _ONLY_FOR.items()
        if posted.get(field) is not None and posted["kind"] != kind.value
    ]
    if posted.get("message") is not None and posted["kind"] not in _MESSAGES:
        misplaced.append(f'"message" is only for {", ".join(_MESSAGES)} and was ignored.')
    if posted.get("mailed") is not None and posted["kind"] not in _TO_CUSTOMERS:
        misplaced.append(f'"mailed" is only for {", ".join(_TO_CUSTOMERS)} and was ignored.')
    return [*unknown_fields(posted, EVENT_FIELDS), *misplaced]
