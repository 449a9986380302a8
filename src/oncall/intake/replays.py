"""Replays a failure: its stored body is read once more and taken in for its caller, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from oncall.errors import Refused
from oncall.intake.arrivals import end_replay, waiting_failure
from oncall.intake.mapping import WebhookMapping
from oncall.intake.posts import Post
from oncall.intake.senders import SENDERS, Sender, mapped_sender
from oncall.intake.signals import Taken, Unreadable
from oncall.intake.take_in import take_in_all
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.callers import CallerRole, Token
from oncall.paging.ports.intake_store import Arrival
from oncall.paging.ports.store import IntakeStore

_MAPPED = "json/"


def replay_failure(
    tx: IntakeStore, arrival_id: str, mappings: Mapping[str, WebhookMapping], context: ActionContext
) -> tuple[Arrival, tuple[Taken, ...]]:
    """Read a stored body once more, and take its signals in. Returns its entry in the intake log, and the results.

    It is taken in under the name of its caller, with the rights of the role `intake`. context: who replays it. Raises
    NotFound, Conflict or Refused if it cannot be replayed; then nothing changes.
    """
    failure = waiting_failure(tx, arrival_id)
    if failure.is_cut or not failure.body:
        raise Refused(f"{arrival_id} cannot be replayed: only a part of its body is kept; post the ticket yourself")
    sender = _sender_named(failure.sender, mappings)
    caller = Token(failure.caller, CallerRole.INTAKE, "", context.real_now)
    try:
        reading = sender.read(Post(failure.body, failure.headers, failure.path))
    except Unreadable as refusal:
        raise Refused(_still(arrival_id, [str(refusal)])) from refusal
    if reading.faults:
        raise Refused(_still(arrival_id, reading.faults))
    taken, faults = take_in_all(tx, reading.signals, sender.origin(caller), replace(context, by=failure.caller))
    if faults:
        raise Refused(_still(arrival_id, faults))
    return end_replay(tx, failure, taken, context), tuple(taken)


def _sender_named(name: str, mappings: Mapping[str, WebhookMapping]) -> Sender:
    if name in SENDERS:
        return SENDERS[name]
    mapping = mappings.get(name.removeprefix(_MAPPED)) if name.startswith(_MAPPED) else None
    if mapping is None:
        raise Refused(f"nothing here reads what {name} sends; post the ticket yourself, then drop it")
    return mapped_sender(mapping)


def _still(arrival_id: str, faults: list[str] | tuple[str, ...]) -> str:
    return f"{arrival_id} still cannot be understood: {'; '.join(faults)}"
