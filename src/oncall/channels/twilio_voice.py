"""The voice channel: calls people through Twilio. A call reads the page aloud and asks for a key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from oncall.channels.twilio_account import TwilioAccount
from oncall.channels.twilio_client import TwilioClient, Wording, person
from oncall.channels.twilio_codes import NO_RECIPIENT, call_receipt
from oncall.channels.twilio_resources import TwilioCall
from oncall.channels.twilio_twiml import question_twiml, statement_twiml
from oncall.errors import SettingsError, Temporary
from oncall.paging.actions.call_keys import KEYS
from oncall.paging.ports.channel import Message, Receipt

LONGEST_RING_SECONDS = 30
"""How long (real seconds) a call rings. Later, voicemail would answer. The next step calls or pages again."""
_SHORTEST_RING_SECONDS = 10
_MOST_LISTED = 200
_CLOCK_SKEW = timedelta(seconds=30)
"""How much our clock and Twilio's may differ, as in `oncall doctor`."""


class TwilioVoice:
    """The `paging.ports.Channel` for calls. It opens no connection before its first use.

    Use it from one event loop. Raises SettingsError if the account has no number to call from, or no public URL.
    """

    def __init__(self, account: TwilioAccount) -> None:
        self._client = TwilioClient(account, Wording("the call", "made", "make"))
        if account.why_no_calls:
            raise SettingsError(
                "calls need a number of the account and an address for the keys: set TWILIO_FROM and ONCALL_PUBLIC_URL"
            )
        self._account = account

    def __repr__(self) -> str:
        return f"TwilioVoice({self._account.host})"

    @property
    def name(self) -> str:
        """Return the channel's name, `twilio-voice`."""
        return "twilio-voice"

    async def send(self, message: Message) -> Receipt:
        """Ask Twilio once to call. Raises Temporary, Ambiguous or Permanent, each with a sentence for people."""
        if not message.phone:
            raise self._client.permanent(message, 0, NO_RECIPIENT)
        calls = self._client.api.calls
        try:
            return _receipt_of(await calls.create_async(**self._fields(message)))
        except Exception as error:
            failure = self._client.failure(message, error)
        # Raised out here, because the caught error may quote a whole phone number and would be printed as context.
        raise failure

    async def find(self, message: Message, *, since: datetime, ends_with: str, known: Sequence[str]) -> Receipt | None:
        """Return the oldest call in Twilio's list to this number that is not in `known`; None if there is none.

        since: real time, aware UTC; older calls do not count. Twilio's list does not show what a call said, so
        `ends_with` is ignored. Raises Temporary if Twilio gives no answer now, or if its list is too long to be sure.
        """
        what = f"whether the call to {person(message)} was made"
        question = self._client.api.calls.list_async(to=message.phone, limit=_MOST_LISTED, page_size=_MOST_LISTED)
        listed: list[TwilioCall] = await self._client.query(question, what)
        recent = [one for one in listed if _may_be_since(one, since - _CLOCK_SKEW)]
        unknown = [one for one in recent if one.sid not in known]
        if not unknown and len(recent) == _MOST_LISTED:
            raise Temporary(f"Twilio lists too many calls to tell {what}; oncall asks again.")
        return _receipt_of(unknown[-1]) if unknown else None

    async def status(self, provider_id: str) -> Receipt:
        """Ask Twilio for the state of a call. Raises Temporary if Twilio gives no answer now."""
        question = self._client.api.calls(provider_id).fetch_async()
        fetched = await self._client.query(question, f"what became of call {provider_id}")
        return call_receipt(provider_id, str(fetched.status))

    async def close(self) -> None:
        """Close the network connections. A closed channel calls nobody. A second call does nothing."""
        await self._client.close()

    def _fields(self, message: Message) -> dict[str, object]:
        """Return the fields of the request that starts a call."""
        keys_to = self._account.callback("voice", message.delivery_id) or ""
        twiml = statement_twiml(message.body)
        if message.spoken is not None:
            twiml = question_twiml(f"{message.spoken} {KEYS}", keys_to)
        valid_for = LONGEST_RING_SECONDS if message.valid_for_seconds is None else message.valid_for_seconds
        return {
            "to": message.phone,
            "from_": self._account.from_number,
            "twiml": twiml,
            "timeout": min(max(valid_for, _SHORTEST_RING_SECONDS), LONGEST_RING_SECONDS),
            "status_callback": self._account.callback("status", message.delivery_id),
            "status_callback_event": ["initiated", "answered", "completed"],
            "status_callback_method": "POST",
        }


def _receipt_of(created: TwilioCall) -> Receipt:
    """Return the receipt for a call object of the twilio library. Raises ValueError if it has no id."""
    if not isinstance(created.sid, str) or not created.sid:
        raise ValueError("no sid in the answer")
    return call_receipt(created.sid, str(created.status))


def _may_be_since(listed: TwilioCall, since: datetime) -> bool:
    created = listed.date_created or listed.start_time
    return created is None or created >= since.replace(microsecond=0)
