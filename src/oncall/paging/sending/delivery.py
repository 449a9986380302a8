"""Delivers one attempt: hands it to its channel, asks the provider about an unknown one, and records the outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from structlog.typing import FilteringBoundLogger

from oncall.errors import Ambiguous, DeliveryError, Permanent, Temporary
from oncall.paging.domain.reachability import Alert, Reachability
from oncall.paging.domain.ticket import Attempt, AttemptStatus, Purpose
from oncall.paging.outgoing.opt_out import unreachable_by_text
from oncall.paging.outgoing.spoken_text import spoken_text
from oncall.paging.ports.channel import Channel, Message, Receipt
from oncall.paging.sending.alerts import is_called, send_alert
from oncall.paging.sending.attempt_lifecycle import (
    FRESH,
    MOST_SENDS,
    give_back,
    mark_sending,
    provider_ids,
    renew,
)
from oncall.paging.sending.failed_pages import failure_in, has_failed, text_instead
from oncall.paging.sending.observers import Observer
from oncall.paging.sending.outcomes import write_outcome
from oncall.paging.sending.receipt_polling import note_answer
from oncall.paging.sending.store_access import Access
from oncall.support.policy import ChannelName

SMS, VOICE = ChannelName.SMS.value, ChannelName.VOICE.value

SHORTEST_VALIDITY = 10
"""The shortest validity of a page in seconds, even if it is sent just before the end of its step."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An attempt and the outcome of its send, which is not stored yet."""

    attempt: Attempt
    outcome: Receipt | DeliveryError


class Delivery:
    """Takes attempts from their claim to their outcome, for one process.

    access: the store and the clock. channels: by the names that policy steps use. wake: called if an outcome may have
    made something due. log: a logger of structlog, bound to this worker. no_calls_because: why there is no channel for
    calls.
    """

    def __init__(
        self,
        access: Access,
        channels: Mapping[str, Channel],
        observer: Observer,
        *,
        wake: Callable[[], None],
        log: FilteringBoundLogger,
        no_calls_because: str,
    ) -> None:
        self._access, self._channels, self._observer = access, channels, observer
        self._wake, self._log, self._no_calls_because = wake, log, no_calls_because
        self._clock = access.clock
        self._has_late_trouble = False
        self.opted_out: Mapping[str, Reachability] = {}
        """The opt-outs as of the latest claim, by the person's id."""
        self.on_the_wire: set[str] = set()
        """Ids of the attempts whose request to the provider has no answer yet."""
        self.is_stopping = False
        """True if the process stops, so that attempts whose send has not begun go back to the queue."""
        self.flood: tuple[str, datetime] | None = None
        """A sentence for the operator about urgent pages that exceed a ceiling, and when (real time) the last summary
        was accepted."""
        self.trouble: str | None = None
        """Why the provider last refused our account or sender; None once it has accepted a message."""

    async def deliver(self, attempt: Attempt) -> None:
        """Hand an attempt that is marked `sending` to its channel, and record the outcome."""
        answered = await self.hand_over(attempt)
        if answered is not None:
            await self.record(answered)

    async def hand_over(self, attempt: Attempt) -> Answered | None:
        """Hand an attempt that is marked `sending` to its channel. Returns the outcome for `record`.

        None if there is no outcome: the attempt went back to the queue, or another pager has it.
        """
        if self.is_stopping:
            await self._access.write(lambda tx: give_back(self._access.work(tx), attempt))
            return None
        ours = await self._under_a_fresh_lease(attempt)
        if ours is None:
            return None
        possible = await self._by_available_channel(ours)
        if isinstance(possible, Permanent):
            return Answered(ours, possible)
        if possible.status is AttemptStatus.QUEUED:
            self._wake()
            return None
        message = await self._message(possible)
        if message is None:
            return Answered(possible, _nobody(possible))
        if not self._is_fresh(possible):
            # The store was slow or the machine slept: another pager may have the attempt now.
            return await self.hand_over(possible)
        return Answered(possible, await self._handed_over(possible, message))

    async def _by_available_channel(self, attempt: Attempt) -> Attempt | Permanent:
        """Return the attempt to send, as a text if its call cannot be made; Permanent if no channel works."""
        if attempt.channel == SMS and await self._has_opted_out(attempt.to):
            return Permanent(f"{attempt.to} has sent STOP: no text reaches them until they send START", may_call=True)
        if attempt.channel != VOICE or VOICE in self._channels:
            return attempt
        reason = f"nobody can be called: {self._no_calls_because}"
        text = await self._access.write(lambda tx: text_instead(tx, attempt, reason, self._access.context()))
        action = "call_failed" if text is None else "call_by_sms"
        self._log.warning("no call", action=action, ticket=attempt.ticket, attempt=attempt.id, reason=reason)
        return text if text is not None else Permanent(reason)

    async def _has_opted_out(self, person: str) -> bool:
        """Return True if the person opted out of texts.

        A START is seen at once. A STOP is seen at the next claim; until then, the provider refuses the text.
        """
        if person not in self.opted_out:
            return False
        self.opted_out = await self._access.read(lambda tx: unreachable_by_text(tx))
        return person in self.opted_out

    async def _under_a_fresh_lease(self, attempt: Attempt) -> Attempt | None:
        """Return the attempt, under a new lease if the old one ends soon; None if it is not this pager's to send.

        Without a new lease, another pager would send the attempt, too.
        """
        if self._is_fresh(attempt):
            return attempt
        return await self._access.write(lambda tx: renew(self._access.work(tx), attempt))

    def _is_fresh(self, attempt: Attempt) -> bool:
        return attempt.lease_until is not None and attempt.lease_until - self._clock.real_now() >= FRESH

    async def _handed_over(self, attempt: Attempt, message: Message) -> Receipt | DeliveryError:
        self.on_the_wire.add(attempt.id)
        try:
            return await self._channel(attempt).send(message)
        except DeliveryError as error:
            return error
        except Exception as error:
            return self._in_doubt(attempt, error)
        finally:
            self.on_the_wire.discard(attempt.id)

    async def reconcile(self, attempt: Attempt) -> None:
        """Ask the provider about an unknown attempt. Send it again only if the provider does not have it."""
        message = await self._message(attempt)
        if message is None:
            await self.record(Answered(attempt, _nobody(attempt)))
            return
        found = await self._asked(attempt, message)
        if found is not None:
            await self.record(Answered(attempt, found))
        elif attempt.sends >= MOST_SENDS:
            # The number is not at fault: the pager sends again, with growing pauses, until the next step.
            await self.record(Answered(attempt, Temporary(f"the provider did not accept it in {attempt.sends} sends")))
        else:
            again = await self._access.write(lambda tx: mark_sending(self._access.work(tx), attempt))
            if again is not None:
                self._observer.resent()
                self._log.warning("sent again", action="resent", ticket=attempt.ticket, attempt=attempt.id)
                await self.deliver(again)

    async def _asked(self, attempt: Attempt, message: Message) -> Receipt | Ambiguous | None:
        """Ask the provider about an unknown attempt. Returns its receipt; None if it certainly has no such message.

        Returns Ambiguous if the provider gives no answer.
        """
        known = await self._access.read(lambda tx: provider_ids(tx, attempt))
        try:
            return await self._channel(attempt).find(
                message, since=attempt.written_at, ends_with=attempt.text, known=known
            )
        except DeliveryError as error:
            return Ambiguous(str(error), code=error.code)
        except Exception as error:
            return self._in_doubt(attempt, error)

    def _in_doubt(self, attempt: Attempt, error: Exception) -> Ambiguous:
        self._log.error(
            "a channel failed", action="channel_failed", ticket=attempt.ticket, attempt=attempt.id, exc_info=error
        )
        return Ambiguous(f"the channel failed: {type(error).__name__}")

    async def _message(self, attempt: Attempt) -> Message | None:
        person = await self._access.person(attempt.to)
        if person is None:
            return None
        valid_for = None
        if attempt.deadline is not None:
            valid_for = max(int(self._clock.real_seconds_until(attempt.deadline)), SHORTEST_VALIDITY)
        spoken = None
        if attempt.channel == VOICE and attempt.purpose is Purpose.PAGE:
            stored = await self._access.read(lambda tx: tx.ticket(attempt.ticket))
            spoken = spoken_text(stored) if stored is not None else None
        return Message(attempt.id, attempt.to, person.phone, person.email, attempt.text, valid_for, spoken)

    def _channel(self, attempt: Attempt) -> Channel:
        return self._channels.get(attempt.channel) or self._channels["sms"]

    async def record(self, answered: Answered) -> None:
        """Store the outcome of a send, and log it."""
        attempt, outcome = answered.attempt, answered.outcome
        changed = await self._access.write(lambda tx: write_outcome(self._access.work(tx), attempt, outcome))
        log = self._log.bind(ticket=attempt.ticket, attempt=attempt.id, to=attempt.to)
        if isinstance(outcome, Receipt):
            log.info("page accepted", action="accepted", provider_id=outcome.provider_id)
        else:
            level = log.error if isinstance(outcome, Permanent) else log.warning
            level("page not accepted", action=type(outcome).__name__.lower(), error=str(outcome), code=outcome.code)
        self._note_trouble(outcome)
        if not changed:
            return
        self._observer.tried(changed[0].status)
        if isinstance(outcome, Receipt) and attempt.purpose is Purpose.PAGE:
            self._observer.page_accepted((self._clock.real_now() - attempt.written_at).total_seconds())
            if attempt.is_summary:
                self._note_flood(attempt, len(changed))
            if len(changed) > 1:
                self._observer.bundled(len(changed))
                log.info("pages bundled", action="bundled", count=len(changed), provider_id=outcome.provider_id)
        if any(has_failed(one) for one in changed):
            self._wake()

    def _note_flood(self, attempt: Attempt, count: int) -> None:
        """Raise an alarm for the operator: there are so many urgent pages to one person that they go in summaries.

        count: the number of pages in this summary.
        """
        words = (
            f"urgent pages to {attempt.to} are beyond their ceiling (limits.urgent_per_phone, "
            "limits.urgent_per_caller): one summary a minute goes to them"
        )
        self.flood = words, self._clock.real_now()
        self._observer.alarmed("operator")
        self._log.critical("urgent pages are summarised", action="operator_alarm", error=words, count=count)

    def _note_trouble(self, outcome: Receipt | DeliveryError) -> None:
        failure = failure_in(outcome)
        if failure is not None and failure.is_ours:
            code = outcome.error_code if isinstance(outcome, Receipt) else outcome.code
            self.trouble, self._has_late_trouble = failure.why, isinstance(outcome, Receipt)
            self._observer.alarmed("operator")
            self._log.critical("operator needed", action="operator_alarm", error=failure.why, code=code)
            return
        # The provider accepts a message that the phone company refuses later: only a delivery proves the fault is gone.
        arrived = isinstance(outcome, Receipt) and outcome.status is AttemptStatus.DELIVERED
        if arrived or (isinstance(outcome, Receipt) and failure is None and not self._has_late_trouble):
            self.trouble, self._has_late_trouble = None, False

    async def ask(self, attempt: Attempt) -> None:
        """Ask the provider about an accepted page without a final receipt, and record the answer."""
        receipt: Receipt | None = None
        try:
            receipt = await self._channel(attempt).status(attempt.provider_id or "")
        except DeliveryError as error:
            self._log.warning(
                "cannot ask", action="ask_failed", ticket=attempt.ticket, attempt=attempt.id, error=str(error)
            )
        changed = await self._access.write(lambda tx: note_answer(tx, attempt, receipt, self._access.context()))
        if receipt is not None:
            self.heard(receipt, changed=changed)

    async def alert(self, alert: Alert) -> None:
        """Send an alert and record the outcome.

        The alert is a call if its person opted out of texts and this pager has a channel for calls, else a text.
        """
        person = await self._access.person(alert.to)
        name = VOICE if is_called(alert, self.opted_out, can_call=VOICE in self._channels) else SMS
        sent = await send_alert(alert, self._channels[name], person, self._clock.real_now)
        await self._access.write(lambda tx: tx.update_alert(sent))
        if sent.error is None:
            self._log.info("alert sent", action="alert_sent", to=sent.to, about=sent.about)
        else:
            level = self._log.critical if sent.due_at is None else self._log.warning
            level("alert not sent", action="alert_failed", to=sent.to, about=sent.about, error=sent.error)

    def heard(self, receipt: Receipt, *, changed: bool, lost: Alert | None = None, may_wake: bool = True) -> None:
        """Update what this process knows after a receipt was recorded.

        changed: True if the receipt changed the store. lost: the alert that was not delivered, if the receipt says so.
        may_wake: True if the change may have made something due.
        """
        self._note_trouble(receipt)
        if lost is not None:
            self._log.critical(
                "alert not delivered", action="alert_failed", to=lost.to, about=lost.about, error=lost.error
            )
        if changed:
            self._observer.tried(receipt.status)
            if may_wake:
                self._wake()


def _nobody(attempt: Attempt) -> Permanent:
    return Permanent(f"nobody with the id {attempt.to} is on the published rosters")
