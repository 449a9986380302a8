"""Writes to the status page's log that a component is down or up again, from alerts with the label `component`."""

from __future__ import annotations

import secrets

from oncall.errors import NotFound
from oncall.intake.signals import Became, Origin, Signal, SignalKind, Taken
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.status.machine_observations import Observation, record_observations
from oncall.status.observations import Seen
from oncall.status.status_events import StatusLog

LABEL = "component"
_LONGEST_SOURCE = 200


def tell_status_page(tx: StatusLog, signal: Signal, origin: Origin, taken: Taken, context: ActionContext) -> None:
    """Record that a component is down if an alert about it opened a ticket, and that it is up if the alert ended.

    Nothing is recorded if the alert has no such label, or if the status page lacks the component. Paging is not
    affected. taken: the result of the signal.
    """
    component = signal.labels.get(LABEL)
    if component is None:
        return
    seen = _seen(signal, taken)
    if seen is None or not tx.status_files():
        return
    source = f"{origin.sender} {origin.caller.name} {signal.key}"[:_LONGEST_SOURCE]
    # An alert says when it began, and never when it ended.
    at = signal.at if signal.at is not None and seen is Seen.DOWN else context.now
    word = Observation(component, seen, at, origin.sender, source)
    try:
        record_observations(tx, [word], context.now, lambda: secrets.token_hex(6))
    except NotFound:
        # The label may mean a component of another system. Nothing was written.
        return


def _seen(signal: Signal, taken: Taken) -> Seen | None:
    if signal.kind is SignalKind.TRIGGER and taken.became is Became.OPENED:
        return Seen.DOWN
    return Seen.UP if signal.kind is SignalKind.RESOLVE else None
