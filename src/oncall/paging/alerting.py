"""Messages to a person that belong to no ticket: sent by the same channels, a bounded number of times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from oncall.errors import Ambiguous, DeliveryError, Permanent
from oncall.paging.ports import Channel, Message, Receipt
from oncall.paging.reachability import Alert
from oncall.schedule.schedule import Schedule

MOST_TRIES = 8
FIRST_PAUSE = timedelta(seconds=5)
"""Real time before a second try; it doubles with each one, to ten minutes in all."""


async def send_alert(alert: Alert, channel: Channel, schedule: Schedule, real_now: Callable[[], datetime]) -> Alert:
    """Hand it to the channel. Gives it as it is now: over, given up, or due again; its `error` says why not sent.

    After an answer that left it in doubt the provider is asked first, so that nobody is told twice.
    """
    person = schedule.people.get(alert.to)
    if person is None:
        return replace(alert, due_at=None, error=f"nobody with the id {alert.to} is on the published rosters")
    message = Message(alert.id, person.id, person.phone, person.email, alert.body)
    try:
        receipt = await _sent(alert, message, channel)
    except DeliveryError as error:
        return _tried(alert, error, real_now())
    return replace(alert, due_at=None, tries=alert.tries + 1, provider_id=receipt.provider_id, error=None)


async def _sent(alert: Alert, message: Message, channel: Channel) -> Receipt:
    try:
        if alert.tries > 0:
            found = await channel.find(message, since=alert.written_at, ends_with=alert.body, known=())
            if found is not None:
                return found
        return await channel.send(message)
    except DeliveryError:
        raise
    except Exception as error:
        raise Ambiguous(f"the channel failed: {type(error).__name__}") from error


def _tried(alert: Alert, error: DeliveryError, real_now: datetime) -> Alert:
    tries = alert.tries + 1
    is_over = isinstance(error, Permanent) or tries >= MOST_TRIES
    due_at = None if is_over else real_now + FIRST_PAUSE * 2**alert.tries
    return replace(alert, tries=tries, due_at=due_at, error=str(error))
