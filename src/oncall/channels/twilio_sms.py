"""The SMS channel: sends texts through Twilio, and asks Twilio whether they arrived."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from oncall.channels.twilio_account import TwilioAccount
from oncall.channels.twilio_client import TwilioClient, Wording, person
from oncall.channels.twilio_codes import (
    BAD_STATUS_CALLBACK,
    CODES,
    NO_RECIPIENT,
    CodeCause,
    message_receipt,
)
from oncall.channels.twilio_http import server_date
from oncall.channels.twilio_message_list import MOST_LISTED, TwilioMessageList, may_be_since
from oncall.channels.twilio_resources import TwilioMessage
from oncall.errors import Permanent, Temporary, Unreachable
from oncall.paging.ports.channel import Message, Receipt

LONGEST_VALIDITY_SECONDS = 36_000

_CLOCK_SKEW = timedelta(minutes=10)


class TwilioSms:
    """The `paging.ports.Channel` for SMS. It opens no connection before its first use.

    Use it from one event loop. Raises SettingsError if the account names no sender for SMS, or two.
    """

    def __init__(self, account: TwilioAccount) -> None:
        self._client = TwilioClient(account, Wording("the message", "sent", "send"))
        self._list = TwilioMessageList(self._client)
        self._account, self._sender = account, account.sms_sender()

    def __repr__(self) -> str:
        return f"TwilioSms({self._account.host})"

    @property
    def name(self) -> str:
        """Return the channel's name, `twilio`."""
        return "twilio"

    async def send(self, message: Message) -> Receipt:
        """Send the message to Twilio once.

        Raises Temporary, Ambiguous or Permanent, each with a sentence for people.
        """
        if not message.phone:
            raise self._client.permanent(message, 0, NO_RECIPIENT)
        callback = self._account.callback("status", message.delivery_id)
        try:
            return await self._create(message, callback)
        except Permanent as refusal:
            if refusal.code != BAD_STATUS_CALLBACK or callback is None:
                raise
        # Twilio rejects our callback address and sent nothing. A page without receipts is better than no page.
        return await self._create(message, None)

    async def find(self, message: Message, *, since: datetime, ends_with: str, known: Sequence[str]) -> Receipt | None:
        """Return the oldest message in Twilio's list to this number that ends with `ends_with` and is not in `known`.

        since: real time, aware UTC; older messages do not count, except that clocks may differ by ten minutes. None
        means that Twilio certainly has no such message. Raises Temporary if Twilio gives no answer now, or if its list
        is too long to be sure.
        """
        what = f"whether the message to {person(message)} was sent"
        if not message.phone:
            return None
        earliest = since - _CLOCK_SKEW
        dated = await self._list.to(message.phone, earliest=earliest, what=what, by_date=True)
        found = _oldest_match(dated, earliest, ends_with, known)
        if found is None:
            # A message in Twilio's queue has no sending date yet, so the filter by date may leave it out.
            recent = await self._list.to(message.phone, earliest=earliest, what=what, by_date=False)
            found = _oldest_match(recent, earliest, ends_with, known)
            if found is None and len(recent) == MOST_LISTED and may_be_since(recent[-1], earliest):
                raise Temporary(f"Twilio lists too many messages to tell {what}; oncall asks again.")
        return found

    async def status(self, provider_id: str) -> Receipt:
        """Ask Twilio for the state of a message. Raises Temporary if Twilio gives no answer now."""
        question = self._client.api.messages(provider_id).fetch_async()
        fetched = await self._client.query(question, f"what became of message {provider_id}")
        return message_receipt(provider_id, str(fetched.status), _number_or_none(fetched.error_code))

    async def probe(self) -> datetime | None:
        """Ask for one line of the message list, which checks the address and the credentials and sends nothing.

        Returns the time (aware UTC) by Twilio's clock; None if the answer has none. Raises Permanent if Twilio rejects
        the credentials or the account, Unreachable if no Twilio answers, and Temporary if Twilio gives no answer now.
        """
        path = f"https://api.twilio.com/2010-04-01/Accounts/{quote(self._account.sid, safe='')}/Messages.json"
        question = self._client.api.request_async("GET", path, params={"PageSize": 1})
        try:
            answer = await self._client.probe(question, "whether the credentials work")
        except Temporary as refusal:
            fact = CODES.get(refusal.code) if refusal.code is not None else None
            if fact is None or fact.cause is not CodeCause.CONFIGURATION:
                raise
            raise Permanent(f"Twilio says: {fact.sentence}.", code=fact.code) from None
        if not _is_message_list(answer.text):
            host = self._account.host
            raise Unreachable(f"{host} answers, but not as Twilio does: no page would go out; check TWILIO_BASE_URL.")
        return server_date(answer.headers)

    async def close(self) -> None:
        """Close the network connections. A closed channel sends nothing more. A second call does nothing."""
        await self._list.close()
        await self._client.close()

    async def _create(self, message: Message, callback: str | None) -> Receipt:
        fields: dict[str, object] = {"to": message.phone, "body": message.body, **self._sender}
        if callback is not None:
            fields["status_callback"] = callback
        if message.valid_for_seconds is not None:
            fields["validity_period"] = min(max(message.valid_for_seconds, 1), LONGEST_VALIDITY_SECONDS)
        messages = self._client.api.messages
        try:
            return _receipt_of(await messages.create_async(**fields))
        except Exception as error:
            failure = self._client.failure(message, error)
        # Raised out here, because the caught error may quote a whole phone number and would be printed as context.
        raise failure


def _receipt_of(created: TwilioMessage) -> Receipt:
    """Return the receipt for a message object of the twilio library. Raises ValueError if it has no id."""
    if not isinstance(created.sid, str) or not created.sid:
        raise ValueError("no sid in the answer")
    return message_receipt(created.sid, str(created.status), _number_or_none(created.error_code))


def _number_or_none(code: object) -> int | None:
    return code if isinstance(code, int) else None


def _oldest_match(
    listed: Sequence[TwilioMessage], since: datetime, ends_with: str, known: Sequence[str]
) -> Receipt | None:
    """Return the oldest match, so that each of two unknown attempts with the same code finds its own message."""
    matches = [
        one
        for one in listed
        if one.sid not in known and (one.body or "").rstrip().endswith(ends_with) and may_be_since(one, since)
    ]
    return _receipt_of(matches[-1]) if matches else None


def _is_message_list(text: str) -> bool:
    try:
        answer = json.loads(text)
    except ValueError:
        return False
    return isinstance(answer, dict) and "messages" in answer
