"""SMS through Twilio, and what each of its answers and silences means to a pager."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from aiohttp import (
    ClientConnectionError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientPayloadError,
    ConnectionTimeoutError,
)
from twilio.rest import Client
from yarl import URL

from oncall.channels.twilio_codes import (
    BAD_STATUS_CALLBACK,
    CODES,
    NO_RECIPIENT,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    WRONG_CREDENTIALS,
    Blame,
    attempt_status,
    blame_of,
)
from oncall.channels.twilio_http import TwilioHttp, TwilioRefusal
from oncall.errors import Ambiguous, DeliveryError, Permanent, SettingsError, Temporary
from oncall.paging.ports import Message, Receipt

TWILIO_URL = "https://api.twilio.com"
LONGEST_VALIDITY_SECONDS = 36_000

_T = TypeVar("_T")
_MOST_LISTED = 1_000
_CLOCK_SKEW = timedelta(minutes=10)
_CODE_OF_STATUS = {401: WRONG_CREDENTIALS, 404: NOT_FOUND, 429: TOO_MANY_REQUESTS}
# A settings mapping that is not empty keeps the library from reading the process's environment.
_NO_ENVIRONMENT = {"TWILIO_REGION": "", "TWILIO_EDGE": ""}


class TwilioChannel:
    """The `paging.ports.Channel` that texts people. Reads no environment; opens nothing before its first use.

    from_number or messaging_service_sid: exactly one. status_callback_base: the public URL of this service, None when
    Twilio cannot call back. timeout_seconds: for each request, real time. Use it from one event loop.
    Raises SettingsError when the settings cannot be.
    """

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        from_number: str | None = None,
        messaging_service_sid: str | None = None,
        base_url: str = TWILIO_URL,
        status_callback_base: str | None = None,
        timeout_seconds: float = 8.0,
    ) -> None:
        _refuse_bad_settings(account_sid, auth_token, from_number, messaging_service_sid, base_url)
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._sender = {"from_": from_number} if from_number else {"messaging_service_sid": messaging_service_sid}
        self._base_url = base_url
        self._status_callback_base = status_callback_base.rstrip("/") if status_callback_base else None
        self._timeout_seconds = timeout_seconds
        self._http: TwilioHttp | None = None
        self._client: Any = None
        self._is_closed = False

    def __repr__(self) -> str:
        return f"TwilioChannel({self._host})"

    @property
    def name(self) -> str:
        """`twilio`."""
        return "twilio"

    async def send(self, message: Message) -> Receipt:
        """Hand the message to Twilio, once. Raises Temporary, Ambiguous or Permanent; each says what happens next."""
        if not message.phone:
            raise self._permanent(message, 0, NO_RECIPIENT)
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
        what = f"whether the message to {_person(message)} was sent"
        day = (since - timedelta(days=1)).astimezone(UTC).date()
        dated = await self._listed(what, to=message.phone, date_sent_after=day)
        found = _oldest_match(dated, since - _CLOCK_SKEW, ends_with, known)
        if found is None:
            # A message that still waits in Twilio's queue has no sending date, and a filter by date may not show it.
            recent = await self._listed(what, to=message.phone)
            found = _oldest_match(recent, since - _CLOCK_SKEW, ends_with, known)
            if found is None and len(recent) == _MOST_LISTED and _is_later(recent[-1], since - _CLOCK_SKEW):
                raise Temporary(f"Twilio lists too many messages to tell {what}; it is asked again.")
        return found

    async def status(self, provider_id: str) -> Receipt:
        """Ask Twilio what became of a message. Raises Temporary when it cannot be asked now."""
        what = f"what became of message {provider_id}"
        fetched = await self._ask(self._connected().messages(provider_id).fetch_async(), what)
        return Receipt(provider_id, attempt_status(str(fetched.status)), _number_or_none(fetched.error_code))

    async def close(self) -> None:
        """Let go of the connections. A closed channel sends nothing more; closing twice is fine."""
        self._is_closed = True
        if self._http is not None:
            http, self._http, self._client = self._http, None, None
            await http.close()

    @property
    def _host(self) -> str:
        parts = urlsplit(self._base_url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    def _connected(self) -> Any:
        """The library's client, made on first use because its session belongs to the running loop."""
        if self._is_closed:
            raise Temporary(
                "the Twilio channel is closed: this process is stopping, and another start sends the message"
            )
        if self._client is None:
            self._http = TwilioHttp(base_url=self._base_url, timeout_seconds=self._timeout_seconds)
            self._client = Client(
                self._account_sid, self._auth_token, http_client=self._http, environment=_NO_ENVIRONMENT
            )
        return self._client

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
        messages = self._connected().messages
        try:
            return _receipt_of(await messages.create_async(**asked))
        except Exception as error:
            failure = self._failure(message, error)
        # Raised out here: an error of the library may quote the whole number, and would show in a traceback as context.
        raise failure

    async def _listed(self, what: str, **wanted: object) -> list[Any]:
        """Messages, newest first, at most a thousand: Twilio's largest page, so this is one request."""
        found: list[Any] = await self._ask(
            self._connected().messages.list_async(limit=_MOST_LISTED, page_size=_MOST_LISTED, **wanted), what
        )
        return found

    async def _ask(self, question: Awaitable[_T], what: str) -> _T:
        try:
            return await question
        except TwilioRefusal as refusal:
            wish, code = refusal.retry_after, _code_of(refusal)
            reason = f"HTTP {refusal.status}" + (f", code {code}" if code is not None else "")
        except Exception as error:
            wish, code, reason = None, None, _reason(error)
        raise Temporary(f"Twilio cannot say {what} ({reason}); it is asked again.", code=code, retry_after=wish)

    def _failure(self, message: Message, error: Exception) -> DeliveryError:
        """What an error on sending means: surely not sent, never will be, or nobody knows."""
        if isinstance(error, TwilioRefusal):
            return self._refused(message, error)
        if isinstance(error, ClientConnectorError | ConnectionTimeoutError):
            return Temporary(
                f"Twilio cannot be reached at {self._host} ({_reason(error)}); the message to {_person(message)} "
                "was not sent and is tried again. If this lasts, check the network and TWILIO_BASE_URL."
            )
        return Ambiguous(f"{self._silence(error)}; {_in_doubt(message)}")

    def _refused(self, message: Message, refusal: TwilioRefusal) -> DeliveryError:
        code = _code_of(refusal)
        if refusal.status == 429 or code == TOO_MANY_REQUESTS:
            return Temporary(
                f"Twilio has too many requests of this account (HTTP 429); the message to {_person(message)} was not "
                "sent and is tried again.",
                code=code,
                retry_after=refusal.retry_after,
            )
        if refusal.status >= 500 or refusal.status == 408:
            return Ambiguous(f"Twilio answered HTTP {refusal.status}; {_in_doubt(message)}", code=code)
        return self._permanent(message, refusal.status, code)

    def _permanent(self, message: Message, status: int, code: int | None) -> Permanent:
        fact = CODES.get(code) if code is not None else None
        if fact is not None:
            why = f"{fact.says} (code {fact.code}); {fact.mend}."
        elif code is not None:
            why = f"HTTP {status}, code {code}; see https://www.twilio.com/docs/errors/{code}."
        else:
            why = f"HTTP {status} without a code; check TWILIO_BASE_URL: {self._host} may not be Twilio."
        is_ours = blame_of(code) is Blame.CONFIGURATION
        return Permanent(f"Twilio refused the message to {_person(message)}: {why}", code=code, is_ours=is_ours)

    def _silence(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"Twilio did not answer within {self._timeout_seconds:g} seconds"
        if isinstance(error, ClientConnectionError | ClientPayloadError | OSError):
            return f"the connection to Twilio was cut before its answer was complete ({type(error).__name__})"
        return f"Twilio's answer cannot be read ({type(error).__name__})"


def _refuse_bad_settings(
    account_sid: str, auth_token: str, from_number: str | None, messaging_service_sid: str | None, base_url: str
) -> None:
    if not account_sid or not auth_token:
        raise SettingsError("Twilio needs both TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; set them")
    if bool(from_number) == bool(messaging_service_sid):
        raise SettingsError("Twilio needs a sender: set one of TWILIO_FROM and TWILIO_MESSAGING_SERVICE_SID, not both")
    if not _is_base_address(base_url):
        raise SettingsError(f'TWILIO_BASE_URL is not a base address; write it like "{TWILIO_URL}", or unset it')


def _is_base_address(text: str) -> bool:
    try:
        url = URL(text)  # as the requests will read it
        (url.host or "").encode("idna")
    except ValueError:
        return False
    return url.scheme in ("http", "https") and bool(url.host) and " " not in text and not url.query_string


def _person(message: Message) -> str:
    """Who was meant, without their number: nobody's phone belongs in a log."""
    return f"{message.to} (number ending in {message.phone[-2:]})" if message.phone else message.to


def _in_doubt(message: Message) -> str:
    return f"the message to {_person(message)} may have been sent: Twilio's list is asked before it is sent again."


def _code_of(refusal: TwilioRefusal) -> int | None:
    return refusal.code if refusal.code is not None else _CODE_OF_STATUS.get(refusal.status)


def _reason(error: Exception) -> str:
    """A few words without addresses: the text of a network error may quote a query with a number in it."""
    if isinstance(error, ClientConnectorDNSError):
        return "its name cannot be resolved"
    if isinstance(error, ClientConnectorError) and error.os_error.errno and error.os_error.errno > 0:
        return os.strerror(error.os_error.errno)
    return "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__


def _receipt_of(created: Any) -> Receipt:
    """Raises ValueError when an answer of success names no message."""
    if not isinstance(created.sid, str) or not created.sid:
        raise ValueError("no sid in the answer")
    return Receipt(created.sid, attempt_status(str(created.status)), _number_or_none(created.error_code))


def _number_or_none(code: object) -> int | None:
    return code if isinstance(code, int) else None


def _is_later(listed: Any, since: datetime) -> bool:
    created = listed.date_created or listed.date_sent
    return created is None or created >= since


def _oldest_match(listed: Sequence[Any], since: datetime, ends_with: str, known: Sequence[str]) -> Receipt | None:
    """The oldest: of two attempts in doubt with one code, the first then finds the first message, not the second."""
    matches = [
        one
        for one in listed
        if one.sid not in known and (one.body or "").rstrip().endswith(ends_with) and _is_later(one, since)
    ]
    return _receipt_of(matches[-1]) if matches else None
