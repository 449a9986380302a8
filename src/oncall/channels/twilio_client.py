"""The Twilio library's client for one account. Translates Twilio's answers, errors and time-outs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import (
    ClientConnectionError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientPayloadError,
    ConnectionTimeoutError,
)
from twilio.rest import Client

from oncall.channels.twilio_account import TwilioAccount
from oncall.channels.twilio_codes import (
    CODES,
    NOT_FOUND,
    OPTED_OUT,
    TOO_MANY_REQUESTS,
    WRONG_CREDENTIALS,
    CodeCause,
    cause_of,
    may_call,
)
from oncall.channels.twilio_http import TwilioHttp, TwilioRefusal
from oncall.errors import Ambiguous, DeliveryError, Permanent, Temporary, Unreachable
from oncall.paging.ports.channel import Message

_T = TypeVar("_T")
_QUERY_FACTOR = 1.5
"""The time limit of a query, as a multiple of that of one request.

Even if a query waits for an earlier query first, it ends before the lease of its attempt does.
"""
_CODE_OF_STATUS = {401: WRONG_CREDENTIALS, 404: NOT_FOUND, 429: TOO_MANY_REQUESTS}
# The library reads the process's environment unless it gets a mapping that is not empty.
_NO_ENVIRONMENT = {"TWILIO_REGION": "", "TWILIO_EDGE": ""}


@dataclass(frozen=True, slots=True)
class Wording:
    """The words for one kind of message in errors, for example `the message`, `sent`, `send`."""

    thing: str
    done: str
    verb: str


class TwilioClient:
    """The library's client for one account. It is opened at the first use. Use it from one event loop."""

    def __init__(self, account: TwilioAccount, wording: Wording) -> None:
        self.account, self._wording = account, wording
        self._http: TwilioHttp | None = None
        self._library: Client | None = None
        self._is_closed = False

    @property
    def api(self) -> Any:  # The library's resources have no useful types.
        """Return the library's client. Raises Temporary after `close`."""
        if self._is_closed:
            raise Temporary(
                "the Twilio channel is closed because this process is stopping; the next start sends "
                f"{self._wording.thing}"
            )
        if self._library is None:
            # Its session belongs to the running event loop, so it cannot be created earlier.
            account = self.account
            self._http = TwilioHttp(base_url=account.base_url, timeout_seconds=account.timeout_seconds)
            self._library = Client(account.sid, account.auth_token, http_client=self._http, environment=_NO_ENVIRONMENT)
        return self._library

    async def close(self) -> None:
        """Close the network connections. A second call does nothing."""
        self._is_closed = True
        if self._http is not None:
            http, self._http, self._library = self._http, None, None
            await http.close()

    @property
    def query_seconds(self) -> float:
        """Return the time limit (real seconds) for a whole query, which may need several requests."""
        return _QUERY_FACTOR * self.account.timeout_seconds

    async def query(self, question: Awaitable[_T], what: str) -> _T:
        """Wait for a request that changes nothing, and return its answer.

        what: the question as a clause for the error, for example "whether the message was sent". Raises Temporary if
        Twilio gives no answer now.
        """
        try:
            async with asyncio.timeout(self.query_seconds):
                return await question
        except TwilioRefusal as refusal:
            code, retry_after, reason = _code_of(refusal), refusal.retry_after, _refusal_reason(refusal)
        except Exception as error:
            code, retry_after, reason = None, None, _error_reason(error)
        # Raised out here, because the caught error may quote a whole phone number and would be printed as context.
        raise Temporary(f"Twilio cannot say {what} ({reason}); oncall asks again.", code=code, retry_after=retry_after)

    async def probe(self, question: Awaitable[_T], what: str) -> _T:
        """Wait for a request that checks whether Twilio answers and accepts us, and return its answer.

        what: as for `query`. Raises Temporary, with the code, if Twilio refuses, and Unreachable if it does not answer.
        """
        try:
            return await question
        except TwilioRefusal as refusal:
            failure: DeliveryError = Temporary(
                f"Twilio cannot say {what} ({_refusal_reason(refusal)}); run `oncall doctor` again.",
                code=_code_of(refusal),
            )
        except Exception as error:
            failure = Unreachable(
                f"{self._no_answer(error)}: no page would go out; check the network and TWILIO_BASE_URL."
            )
        # Raised out here, because the caught error may quote a whole phone number and would be printed as context.
        raise failure

    def failure(self, message: Message, error: Exception) -> DeliveryError:
        """Translate the error of a create request: Temporary (not sent), Permanent (refused) or Ambiguous (unknown)."""
        if isinstance(error, TwilioRefusal):
            return self._refused(message, error)
        if isinstance(error, ClientConnectorError | ConnectionTimeoutError):
            return Temporary(
                f"{self._no_answer(error)}; {self._not_done(message)} "
                "If this lasts, check the network and TWILIO_BASE_URL."
            )
        return Ambiguous(f"{self._no_answer(error)}; {self._perhaps_done(message)}")

    def permanent(self, message: Message, status: int, code: int | None) -> Permanent:
        """Return the error for a message that Twilio will never accept as it is. status: HTTP's. code: Twilio's."""
        fact = CODES.get(code) if code is not None else None
        if fact is not None:
            why = f"{fact.sentence}."
        elif code is not None:
            why = f"HTTP {status}, code {code}; see https://www.twilio.com/docs/errors/{code}."
        else:
            why = f"HTTP {status} without a code; check TWILIO_BASE_URL: {self.account.host} may not be Twilio."
        return Permanent(
            f"Twilio refused {self._named(message)}: {why}",
            code=code,
            is_ours=cause_of(code) is CodeCause.CONFIGURATION,
            may_call=may_call(code),
            has_stopped=code == OPTED_OUT,
        )

    def _refused(self, message: Message, refusal: TwilioRefusal) -> DeliveryError:
        code = _code_of(refusal)
        if refusal.status == 429 or code == TOO_MANY_REQUESTS:
            return Temporary(
                f"this account sends Twilio too many requests (HTTP 429); {self._not_done(message)}",
                code=code,
                retry_after=refusal.retry_after,
            )
        if refusal.status >= 500 or refusal.status == 408:
            return Ambiguous(f"Twilio answered HTTP {refusal.status}; {self._perhaps_done(message)}", code=code)
        return self.permanent(message, refusal.status, code)

    def _named(self, message: Message) -> str:
        return f"{self._wording.thing} to {person(message)}"

    def _not_done(self, message: Message) -> str:
        return f"{self._named(message)} was not {self._wording.done}. oncall retries it."

    def _perhaps_done(self, message: Message) -> str:
        words = self._wording
        return (
            f"{self._named(message)} may have been {words.done}. "
            f"oncall looks in Twilio's list before it {words.verb}s {words.thing} again."
        )

    def _no_answer(self, error: Exception) -> str:
        if isinstance(error, ClientConnectorError | ConnectionTimeoutError):
            return f"Twilio cannot be reached at {self.account.host} ({_error_reason(error)})"
        if isinstance(error, TimeoutError):
            return f"Twilio did not answer within {self.account.timeout_seconds:g} seconds"
        if isinstance(error, ClientConnectionError | ClientPayloadError | OSError):
            return f"the connection to Twilio was cut before its answer was complete ({type(error).__name__})"
        return f"Twilio's answer cannot be read ({type(error).__name__})"


def person(message: Message) -> str:
    """Return the recipient's id and the last two digits of the number. Logs and errors show no whole number."""
    return f"{message.to} (number ending in {message.phone[-2:]})" if message.phone else message.to


def _code_of(refusal: TwilioRefusal) -> int | None:
    return refusal.code if refusal.code is not None else _CODE_OF_STATUS.get(refusal.status)


def _refusal_reason(refusal: TwilioRefusal) -> str:
    code = _code_of(refusal)
    return f"HTTP {refusal.status}" + (f", code {code}" if code is not None else "")


def _error_reason(error: Exception) -> str:
    """Describe a network error in a few words. Its own text is not used, because it may quote a phone number."""
    if isinstance(error, ClientConnectorDNSError):
        return "its name cannot be resolved"
    if isinstance(error, ClientConnectorError) and error.os_error.errno and error.os_error.errno > 0:
        return os.strerror(error.os_error.errno)
    return "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
