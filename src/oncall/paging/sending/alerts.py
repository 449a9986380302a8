"""Sends alerts, which are messages to people that belong to no ticket, by the channels and rate limits of pages."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import replace
from datetime import datetime, timedelta

from oncall.errors import Ambiguous, DeliveryError, Permanent
from oncall.paging.domain.reachability import Alert
from oncall.paging.outgoing.new_attempts import LEASE
from oncall.paging.outgoing.opt_out import unreachable_by_text
from oncall.paging.outgoing.rate_limits import LONGEST_WAIT
from oncall.paging.ports.channel import Channel, Message, Receipt
from oncall.paging.ports.people_store import Alerts
from oncall.paging.sending.failed_pages import failure_in
from oncall.paging.sending.pass_store import PassStore
from oncall.paging.sending.send_work import SendWork
from oncall.schedule.versions import Person

MOST_SENDS = 8
REPORTED_WITHIN = timedelta(days=1)
"""Real time after which phone companies report nothing more about a text."""
OUT_OF_DATE = "not sent: no pager ran for hours after the schedule was changed"
FIRST_PAUSE = timedelta(seconds=5)
"""Real time before the second send. The pause doubles each time, up to ten minutes in total."""


def is_called(alert: Alert, opted_out: Container[str], *, can_call: bool) -> bool:
    """Return True if the alert must be a call: its person opted out of texts, and this pager can call."""
    return can_call and alert.to in opted_out


def due_alerts(work: SendWork) -> list[Alert]:
    """Claim the due alerts, delay those over a rate limit, and return the others, to be sent now.

    Call it before the transaction locks any row. Alerts go before everything else in the send queue, because they are
    about people whom no page reaches. While another pager has the lock of the send queue, no alert is returned; all
    stay due.
    """
    tx = work.tx
    claimed = tx.claim_alerts(real_now=work.real_now, lease_until=work.real_now + LEASE)
    due = [one for one in claimed if not one.is_out_of_date(work.real_now)]
    for one in claimed:
        if one.is_out_of_date(work.real_now):
            tx.update_alert(replace(one, due_at=None, error=OUT_OF_DATE))
    if not due:
        return []
    if not tx.try_lock_send_queue():
        tx.update_alerts(due)
        return []
    opted_out, can_call = unreachable_by_text(tx), work.context.can_call
    asked = PassStore(tx, people=(one.to for one in due))
    together = work.on(asked.store())
    going = [one if is_called(one, opted_out, can_call=can_call) else _within_limits(together, one) for one in due]
    begun = [_begun(together, one) for one in going if one is not None]
    asked.flush()
    return begun


def _within_limits(work: SendWork, alert: Alert) -> Alert | None:
    """Return the alert, to be sent now; None if it must wait for a rate limit."""
    until, latest = work.limits.of_notice(alert.to, alert.body), alert.written_at + LONGEST_WAIT
    if until is not None and work.real_now < latest:
        work.tx.update_alert(replace(alert, due_at=min(work.real_time_of(until.at), latest)))
        return None
    return replace(alert, sent_at=work.now)


def _begun(work: SendWork, alert: Alert) -> Alert:
    """Store, before the network call, that a send of the alert has begun. Returns the alert without this send counted.

    After a crash, the next pager then asks the provider whether it has the alert before it sends the alert again.
    """
    going = replace(alert, due_at=work.real_now + LEASE)
    work.tx.update_alert(replace(going, sends=alert.sends + 1))
    return going


async def send_alert(alert: Alert, channel: Channel, person: Person | None, real_now: Callable[[], datetime]) -> Alert:
    """Hand an alert to its channel. Returns the alert with its outcome: finished, given up, or due again.

    person: the recipient; None if no published roster has them. If an earlier send has an unknown outcome, the provider
    is asked first, so that no person gets the alert twice. After a failure, `error` has the reason.
    """
    if person is None:
        why = f"nobody with the id {alert.to} is on the published rosters"
        return replace(alert, due_at=None, sent_at=None, error=why)
    message = Message(alert.id, person.id, person.phone, person.email, alert.body)
    try:
        receipt = await _sent(alert, message, channel)
    except DeliveryError as error:
        return _tried(alert, error, real_now())
    return replace(alert, due_at=None, sends=alert.sends + 1, provider_id=receipt.provider_id, error=None)


def note_undelivered(tx: Alerts, receipt: Receipt, *, delivery_id: str | None, real_now: datetime) -> Alert | None:
    """Record why an alert that its provider accepted was not delivered. Returns the alert.

    None if the receipt reports no failure, or is about no alert. delivery_id: our own id, if the receipt names it.
    """
    failure = failure_in(receipt)
    if failure is None:
        return None
    recent = tx.alerts(written_since=real_now - REPORTED_WITHIN)
    alert = next((one for one in recent if one.id == delivery_id), None)
    if alert is None:
        return None
    lost = replace(alert, due_at=None, error=failure.why)
    tx.update_alert(lost)
    return lost


async def _sent(alert: Alert, message: Message, channel: Channel) -> Receipt:
    try:
        if alert.sends > 0:
            found = await channel.find(message, since=alert.written_at, ends_with=alert.body, known=())
            if found is not None:
                return found
        return await channel.send(message)
    except DeliveryError:
        raise
    except Exception as error:
        raise Ambiguous(f"the channel failed: {type(error).__name__}") from error


def _tried(alert: Alert, error: DeliveryError, real_now: datetime) -> Alert:
    sends = alert.sends + 1
    # A text that may have gone out counts towards the limits.
    sent_at = alert.sent_at if isinstance(error, Ambiguous) else None
    is_over = isinstance(error, Permanent) or sends >= MOST_SENDS
    due_at = None if is_over else real_now + FIRST_PAUSE * 2**alert.sends
    return replace(alert, sends=sends, due_at=due_at, error=str(error), sent_at=sent_at)
