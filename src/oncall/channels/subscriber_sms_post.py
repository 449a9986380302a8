"""Sends texts to subscribers by SMS.

If a text may already have been sent, first asks the provider whether it was, and sends it again only if not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from oncall.errors import AddressRefused, Permanent, Temporary
from oncall.paging.ports.channel import Channel, Message
from oncall.paging.ports.outgoing_sms import OutgoingSms, sms_from_body
from oncall.paging.ports.relay import RelayMessage

NO_SENDER = "texts to subscribers are off (ONCALL_STATUS_SMS_FROM); set a sender and restart"
TOO_LATE = "it was too late to be useful, so it was not sent"
STOPPED = "the number has sent STOP, so it gets no text"
_LONGEST_VALIDITY_SECONDS = 600
"""How long (real seconds) the provider may try to deliver a notice. A code has less time."""


class SubscriberSmsPost:
    """Sends texts to subscribers. Use it from one event loop and close it at the end.

    channel: None if texts to subscribers are off. has_stopped: returns True for a number from which STOP came. stop:
    called with a number if the provider reports that STOP came from it.
    """

    def __init__(
        self,
        channel: Channel | None,
        *,
        has_stopped: Callable[[str], Awaitable[bool]],
        stop: Callable[[str], Awaitable[None]],
    ) -> None:
        self._channel, self._has_stopped, self._stop = channel, has_stopped, stop

    async def carry(self, message: RelayMessage, *, real_now: datetime) -> None:
        """Send a text once. Raises DeliveryError, which shows no number, if the provider does not accept the text."""
        if self._channel is None:
            raise Temporary(NO_SENDER)
        sms = sms_from_body(message.body)
        if real_now >= sms.until:
            raise AddressRefused(TOO_LATE)
        if await self._has_stopped(sms.to):
            raise AddressRefused(STOPPED)
        seconds = min(int((sms.until - real_now).total_seconds()), _LONGEST_VALIDITY_SECONDS)
        text = Message(message.id, "a subscriber", sms.to, None, sms.text, valid_for_seconds=max(seconds, 1))
        try:
            await self._send(self._channel, message, text)
        except Permanent as refusal:
            refused: Exception = await self._refused(sms, refusal)
        else:
            return
        raise refused

    async def close(self) -> None:
        """Close the channel's network connections."""
        if self._channel is not None:
            await self._channel.close()

    async def _send(self, channel: Channel, message: RelayMessage, text: Message) -> None:
        if message.may_have_gone:
            found = await channel.find(text, since=message.written_at, ends_with=text.body, known=())
            if found is not None:
                return
        await channel.send(text)

    async def _refused(self, sms: OutgoingSms, refusal: Permanent) -> AddressRefused | Temporary:
        """Return the error for a refused text: AddressRefused if its number is the cause, else Temporary."""
        if refusal.has_stopped:
            await self._stop(sms.to)
            return AddressRefused(STOPPED)
        return Temporary(str(refusal)) if refusal.is_ours else AddressRefused(str(refusal))
