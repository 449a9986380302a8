"""Calls through Twilio: the page is said in plain words, and a key acknowledges it or passes it on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from oncall.channels.twilio_account import TwilioAccount
from oncall.channels.twilio_codes import NO_RECIPIENT, call_receipt
from oncall.channels.twilio_link import TwilioLink, Wording, person
from oncall.channels.twilio_twiml import question_twiml, statement_twiml
from oncall.errors import SettingsError, Temporary
from oncall.paging.actions.call_keys import KEYS
from oncall.paging.ports.channel import Message, Receipt

LONGEST_RING_SECONDS = 30
"""A voicemail would pick up soon after; somebody who is asleep is called again or the next person is."""
_SHORTEST_RING_SECONDS = 10
_MOST_LISTED = 200
_CLOCK_SKEW = timedelta(seconds=30)
"""As much as `oncall doctor` lets pass. Calls for other pages are `known` to whoever asks."""


class TwilioVoice:
    """The `paging.ports.Channel` that calls people. Reads no environment; opens nothing before its first use.

    public_url: this service as Twilio reaches it, where pressed keys and the calls' states are posted. Use it from one
    event loop. Raises SettingsError when the settings cannot be.
    """

    def __init__(self, account: TwilioAccount, *, from_number: str, public_url: str) -> None:
        self._link = TwilioLink(account, Wording("the call", "made"))
        if not from_number or not public_url:
            raise SettingsError(
                "calls need a number of the account and an address for the keys: set TWILIO_FROM and ONCALL_PUBLIC_URL"
            )
        self._from_number = from_number
        self._public_url = public_url.rstrip("/")

    def __repr__(self) -> str:
        return f"TwilioVoice({self._link.account.host})"

    @property
    def name(self) -> str:
        """`twilio-voice`."""
        return "twilio-voice"

    async def send(self, message: Message) -> Receipt:
        """Have Twilio call, once. Raises Temporary, Ambiguous or Permanent; each says what happens next."""
        if not message.phone:
            raise self._link.permanent(message, 0, NO_RECIPIENT)
        calls = self._link.client().calls
        try:
            return _receipt_of(await calls.create_async(**self._asked(message)))
        except Exception as error:
            failure = self._link.failure(message, error)
        # Raised out here: an error of the library may quote the whole number, and would show in a traceback as context.
        raise failure

    async def find(self, message: Message, *, since: datetime, ends_with: str, known: Sequence[str]) -> Receipt | None:
        """Look in Twilio's list for a call to this number since then (aware UTC, real time) that is not `known`.

        A call shows nothing of what it says, so `ends_with` is not looked at: the oldest unknown call is taken for it.
        Raises Temporary when Twilio cannot be asked, or has too many to tell.
        """
        what = f"whether the call to {person(message)} was made"
        listed: list[Any] = await self._link.ask(
            self._link.client().calls.list_async(to=message.phone, limit=_MOST_LISTED, page_size=_MOST_LISTED), what
        )
        recent = [one for one in listed if _is_later(one, since - _CLOCK_SKEW)]
        unknown = [one for one in recent if one.sid not in known]
        if not unknown and len(recent) == _MOST_LISTED:
            raise Temporary(f"Twilio lists too many calls to tell {what}; it is asked again.")
        return _receipt_of(unknown[-1]) if unknown else None

    async def status(self, provider_id: str) -> Receipt:
        """Ask Twilio what became of a call. Raises Temporary when it cannot be asked now."""
        question = self._link.client().calls(provider_id).fetch_async()
        fetched = await self._link.ask(question, f"what became of call {provider_id}")
        return call_receipt(provider_id, str(fetched.status))

    async def close(self) -> None:
        """Let go of the connections. A closed channel calls nobody any more; closing twice is fine."""
        await self._link.close()

    def _asked(self, message: Message) -> dict[str, object]:
        delivery = quote(message.delivery_id, safe="")
        action = f"{self._public_url}/webhooks/twilio/voice?delivery={delivery}"
        twiml = statement_twiml(message.body)
        if message.spoken is not None:
            twiml = question_twiml(f"{message.spoken} {KEYS}", action)
        valid_for = LONGEST_RING_SECONDS if message.valid_for_seconds is None else message.valid_for_seconds
        return {
            "to": message.phone,
            "from_": self._from_number,
            "twiml": twiml,
            "timeout": min(max(valid_for, _SHORTEST_RING_SECONDS), LONGEST_RING_SECONDS),
            "status_callback": f"{self._public_url}/webhooks/twilio/status?delivery={delivery}",
            "status_callback_event": ["initiated", "answered", "completed"],
            "status_callback_method": "POST",
        }


def _receipt_of(created: Any) -> Receipt:
    """Raises ValueError when an answer of success names no call."""
    if not isinstance(created.sid, str) or not created.sid:
        raise ValueError("no sid in the answer")
    return call_receipt(created.sid, str(created.status))


def _is_later(listed: Any, since: datetime) -> bool:
    created = listed.date_created or listed.start_time
    return created is None or created >= since.replace(microsecond=0)
