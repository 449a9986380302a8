"""SMS through Twilio, and what each of its answers and silences means to a pager."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from oncall.channels.twilio_account import TwilioAccount
from oncall.channels.twilio_codes import (
    BAD_STATUS_CALLBACK,
    CODES,
    NO_RECIPIENT,
    CodeCause,
    message_receipt,
)
from oncall.channels.twilio_http import server_date
from oncall.channels.twilio_link import TwilioLink, Wording, person
from oncall.channels.twilio_lists import MOST_LISTED, TwilioLists, is_later
from oncall.errors import Permanent, SettingsError, Temporary, Unreachable
from oncall.paging.ports.channel import Message, Receipt

LONGEST_VALIDITY_SECONDS = 36_000

_CLOCK_SKEW = timedelta(minutes=10)

_SENDER = re.compile(r"\+[1-9]\d{6,14}|\d{5,6}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")


class TwilioChannel:
    """The `paging.ports.Channel` that texts people. Reads no environment; opens nothing before its first use.

    from_number or messaging_service_sid: exactly one. status_callback_base: the public URL of this service, None when
    Twilio cannot call back. Use it from one event loop. Raises SettingsError when the settings cannot be.
    """

    def __init__(
        self,
        account: TwilioAccount,
        *,
        from_number: str | None = None,
        messaging_service_sid: str | None = None,
        status_callback_base: str | None = None,
    ) -> None:
        self._link = TwilioLink(account, Wording("the message", "sent"))
        self._lists = TwilioLists(self._link)
        if bool(from_number) == bool(messaging_service_sid):
            raise SettingsError(
                "Twilio needs a sender: set one of TWILIO_FROM and TWILIO_MESSAGING_SERVICE_SID, not both"
            )
        if from_number and not _SENDER.fullmatch(from_number):
            raise SettingsError('TWILIO_FROM is not a number; write it like "+13055550100", or a short code')
        if messaging_service_sid and not _SERVICE.fullmatch(messaging_service_sid):
            raise SettingsError('TWILIO_MESSAGING_SERVICE_SID is none; write "MG" and its 32 hexadecimal digits')
        self._sender = {"from_": from_number} if from_number else {"messaging_service_sid": messaging_service_sid}
        self._status_callback_base = status_callback_base.rstrip("/") if status_callback_base else None

    def __repr__(self) -> str:
        return f"TwilioChannel({self._link.account.host})"

    @property
    def name(self) -> str:
        """`twilio`."""
        return "twilio"

    async def send(self, message: Message) -> Receipt:
        """Hand the message to Twilio, once. Raises Temporary, Ambiguous or Permanent; each says what happens next."""
        if not message.phone:
            raise self._link.permanent(message, 0, NO_RECIPIENT)
        try:
            return await self._create(message, self._callback_for(message))
        except Permanent as refusal:
            if refusal.code != BAD_STATUS_CALLBACK or self._status_callback_base is None:
                raise
        # Twilio does not like our address, and sent nothing: a page without receipts is better than no page.
        return await self._create(message, None)

    async def find(self, message: Message, *, since: datetime, ends_with: str, known: Sequence[str]) -> Receipt | None:
        """Look in Twilio's list for a message to this number whose text ends so; the oldest, when there are several.

        since: aware UTC, real time; ten minutes of difference between the clocks are forgiven. None: Twilio surely
        has none. Raises Temporary when it cannot be asked, or has too many to tell.
        """
        what = f"whether the message to {person(message)} was sent"
        if not message.phone:
            return None
        earliest = since - _CLOCK_SKEW
        dated = await self._lists.to(message.phone, earliest=earliest, what=what, by_date=True)
        found = _oldest_match(dated, earliest, ends_with, known)
        if found is None:
            # A message that still waits in Twilio's queue has no sending date, and a filter by date may not show it.
            recent = await self._lists.to(message.phone, earliest=earliest, what=what, by_date=False)
            found = _oldest_match(recent, earliest, ends_with, known)
            if found is None and len(recent) == MOST_LISTED and is_later(recent[-1], earliest):
                raise Temporary(f"Twilio lists too many messages to tell {what}; it is asked again.")
        return found

    async def status(self, provider_id: str) -> Receipt:
        """Ask Twilio what became of a message. Raises Temporary when it cannot be asked now."""
        what = f"what became of message {provider_id}"
        fetched = await self._link.ask(self._link.client().messages(provider_id).fetch_async(), what)
        return message_receipt(provider_id, str(fetched.status), _number_or_none(fetched.error_code))

    async def probe(self) -> datetime | None:
        """Ask for one line of the message list, which proves address and credentials and sends nothing.

        Gives the time (aware UTC) by Twilio's clock, None when it did not say. Raises Permanent when the credentials
        or the account do not work, Unreachable when no Twilio is there, Temporary when it cannot say now.
        """
        client = self._link.client()
        path = f"https://api.twilio.com/2010-04-01/Accounts/{quote(self._link.account.sid, safe='')}/Messages.json"
        what = "whether the credentials work"
        try:
            answer = await self._link.greet(client.request_async("GET", path, params={"PageSize": 1}), what)
        except Temporary as refusal:
            fact = CODES.get(refusal.code) if refusal.code is not None else None
            if fact is None or fact.blame is not CodeCause.CONFIGURATION:
                raise
            raise Permanent(f"Twilio says: {fact.says} (code {fact.code}); {fact.mend}.", code=fact.code) from None
        if not _is_message_list(answer.text):
            host = self._link.account.host
            raise Unreachable(f"{host} answers, but not as Twilio does: no page would go out; check TWILIO_BASE_URL.")
        return server_date(answer.headers)

    async def close(self) -> None:
        """Let go of the connections. A closed channel sends nothing more; closing twice is fine."""
        await self._lists.close()
        await self._link.close()

    def _callback_for(self, message: Message) -> str | None:
        if self._status_callback_base is None:
            return None
        return f"{self._status_callback_base}/webhooks/twilio/status?delivery={quote(message.delivery_id, safe='')}"

    async def _create(self, message: Message, callback: str | None) -> Receipt:
        asked: dict[str, object] = {"to": message.phone, "body": message.body, **self._sender}
        if callback is not None:
            asked["status_callback"] = callback
        if message.valid_for_seconds is not None:
            asked["validity_period"] = min(max(message.valid_for_seconds, 1), LONGEST_VALIDITY_SECONDS)
        messages = self._link.client().messages
        try:
            return _receipt_of(await messages.create_async(**asked))
        except Exception as error:
            failure = self._link.failure(message, error)
        # Raised out here: an error of the library may quote the whole number, and would show in a traceback as context.
        raise failure


def _receipt_of(created: Any) -> Receipt:
    """Raises ValueError when an answer of success names no message."""
    if not isinstance(created.sid, str) or not created.sid:
        raise ValueError("no sid in the answer")
    return message_receipt(created.sid, str(created.status), _number_or_none(created.error_code))


def _number_or_none(code: object) -> int | None:
    return code if isinstance(code, int) else None


def _oldest_match(listed: Sequence[Any], since: datetime, ends_with: str, known: Sequence[str]) -> Receipt | None:
    """The oldest: of two attempts in doubt with one code, the first then finds the first message, not the second."""
    matches = [
        one
        for one in listed
        if one.sid not in known and (one.body or "").rstrip().endswith(ends_with) and is_later(one, since)
    ]
    return _receipt_of(matches[-1]) if matches else None


def _is_message_list(text: str) -> bool:
    try:
        answer = json.loads(text)
    except ValueError:
        return False
    return isinstance(answer, dict) and "messages" in answer
