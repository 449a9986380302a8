"""One account of Twilio's as both channels use it: its client, and what each answer and silence means to a pager."""

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
    blame_of,
    may_call,
)
from oncall.channels.twilio_http import TwilioHttp, TwilioRefusal
from oncall.errors import Ambiguous, DeliveryError, Permanent, Temporary, Unreachable
from oncall.paging.ports.channel import Message

_T = TypeVar("_T")
_PATIENCE = 1.5
"""Of the time for one request: with what it may have to wait for before, a question ends before its try's lease."""
_CODE_OF_STATUS = {401: WRONG_CREDENTIALS, 404: NOT_FOUND, 429: TOO_MANY_REQUESTS}
# A settings mapping that is not empty keeps the library from reading the process's environment.
_NO_ENVIRONMENT = {"TWILIO_REGION": "", "TWILIO_EDGE": ""}


@dataclass(frozen=True, slots=True)
class Wording:
    """How errors name what was asked for: `the message`, `sent`."""

    thing: str
    done: str


class TwilioLink:
    """The library's client for one account, opened on first use. Use it from one event loop."""

    def __init__(self, account: TwilioAccount, wording: Wording) -> None:
        self.account, self._wording = account, wording
        self._http: TwilioHttp | None = None
        self._client: Any = None
        self._is_closed = False

    def client(self) -> Any:
        """The library's client, made on first use because its session belongs to the running loop."""
        if self._is_closed:
            raise Temporary(
                f"the Twilio channel is closed: this process is stopping, and another start sends {self._wording.thing}"
            )
        if self._client is None:
            account = self.account
            self._http = TwilioHttp(base_url=account.base_url, timeout_seconds=account.timeout_seconds)
            self._client = Client(account.sid, account.auth_token, http_client=self._http, environment=_NO_ENVIRONMENT)
        return self._client

    async def close(self) -> None:
        """Let go of the connections; closing twice is fine."""
        self._is_closed = True
        if self._http is not None:
            http, self._http, self._client = self._http, None, None
            await http.close()

    @property
    def patience_seconds(self) -> float:
        """For how long the whole answer to a question is waited for (real time), however many parts it comes in."""
        return _PATIENCE * self.account.timeout_seconds

    async def ask(self, question: Awaitable[_T], what: str) -> _T:
        """The answer to a question that changes nothing. Raises Temporary when there is none now."""
        try:
            async with asyncio.timeout(self.patience_seconds):
                return await question
        except TwilioRefusal as refusal:
            wish, code = refusal.retry_after, _code_of(refusal)
            reason = f"HTTP {refusal.status}" + (f", code {code}" if code is not None else "")
        except Exception as error:
            wish, code, reason = None, None, _reason(error)
        raise Temporary(f"Twilio cannot say {what} ({reason}); it is asked again.", code=code, retry_after=wish)

    async def greet(self, question: Awaitable[_T], what: str) -> _T:
        """The same for somebody who asks only whether Twilio is there. Raises Temporary, with the code of a refusal,
        and Unreachable when nobody who speaks as Twilio does is there."""
        try:
            return await question
        except TwilioRefusal as refusal:
            code = _code_of(refusal)
            reason = f"HTTP {refusal.status}" + (f", code {code}" if code is not None else "")
            words: DeliveryError = Temporary(
                f"Twilio cannot say {what} ({reason}); run `oncall doctor` again.", code=code
            )
        except Exception as error:
            words = Unreachable(f"{self._silence(error)}: no page would go out; check the network and TWILIO_BASE_URL.")
        # Outside of the handler: the error's own text may quote a query with a number in it.
        raise words

    def failure(self, message: Message, error: Exception) -> DeliveryError:
        """What an error on creating means: surely not done, never will be, or nobody knows."""
        if isinstance(error, TwilioRefusal):
            return self._refused(message, error)
        if isinstance(error, ClientConnectorError | ConnectionTimeoutError):
            return Temporary(
                f"{self._silence(error)}; {self._what(message)} was not "
                f"{self._wording.done} and is tried again. If this lasts, check the network and TWILIO_BASE_URL."
            )
        return Ambiguous(f"{self._silence(error)}; {self._in_doubt(message)}")

    def permanent(self, message: Message, status: int, code: int | None) -> Permanent:
        """The refusal of a message that will never go through as it is."""
        fact = CODES.get(code) if code is not None else None
        if fact is not None:
            why = f"{fact.says} (code {fact.code}); {fact.mend}."
        elif code is not None:
            why = f"HTTP {status}, code {code}; see https://www.twilio.com/docs/errors/{code}."
        else:
            why = f"HTTP {status} without a code; check TWILIO_BASE_URL: {self.account.host} may not be Twilio."
        return Permanent(
            f"Twilio refused {self._what(message)}: {why}",
            code=code,
            is_ours=blame_of(code) is CodeCause.CONFIGURATION,
            may_call=may_call(code),
            has_stopped=code == OPTED_OUT,
        )

    def _refused(self, message: Message, refusal: TwilioRefusal) -> DeliveryError:
        code = _code_of(refusal)
        if refusal.status == 429 or code == TOO_MANY_REQUESTS:
            return Temporary(
                f"Twilio has too many requests of this account (HTTP 429); {self._what(message)} was not "
                f"{self._wording.done} and is tried again.",
                code=code,
                retry_after=refusal.retry_after,
            )
        if refusal.status >= 500 or refusal.status == 408:
            return Ambiguous(f"Twilio answered HTTP {refusal.status}; {self._in_doubt(message)}", code=code)
        return self.permanent(message, refusal.status, code)

    def _what(self, message: Message) -> str:
        return f"{self._wording.thing} to {person(message)}"

    def _in_doubt(self, message: Message) -> str:
        done = self._wording.done
        return f"{self._what(message)} may have been {done}: Twilio's list is asked before it is {done} again."

    def _silence(self, error: Exception) -> str:
        if isinstance(error, ClientConnectorError | ConnectionTimeoutError):
            return f"Twilio cannot be reached at {self.account.host} ({_reason(error)})"
        if isinstance(error, TimeoutError):
            return f"Twilio did not answer within {self.account.timeout_seconds:g} seconds"
        if isinstance(error, ClientConnectionError | ClientPayloadError | OSError):
            return f"the connection to Twilio was cut before its answer was complete ({type(error).__name__})"
        return f"Twilio's answer cannot be read ({type(error).__name__})"


def person(message: Message) -> str:
    """Who was meant, without their number: nobody's phone belongs in a log."""
    return f"{message.to} (number ending in {message.phone[-2:]})" if message.phone else message.to


def _code_of(refusal: TwilioRefusal) -> int | None:
    return refusal.code if refusal.code is not None else _CODE_OF_STATUS.get(refusal.status)


def _reason(error: Exception) -> str:
    """A few words without addresses: the text of a network error may quote a query with a number in it."""
    if isinstance(error, ClientConnectorDNSError):
        return "its name cannot be resolved"
    if isinstance(error, ClientConnectorError) and error.os_error.errno and error.os_error.errno > 0:
        return os.strerror(error.os_error.errno)
    return "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
