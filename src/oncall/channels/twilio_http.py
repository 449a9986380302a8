"""The twilio library's HTTP client with what the pager needs: another base URL, real time-outs, whole refusals."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from aiohttp import ClientSession, ClientTimeout
from twilio.http.response import Response

_LONGEST_CONNECT_SECONDS = 5.0
_LONGEST_RETRY_AFTER = timedelta(days=1)


class TwilioRefusal(Exception):
    """Any answer of Twilio that is not 2xx. `code` is Twilio's own, None when the body named none.

    The library's exceptions drop the headers, differ by kind of body, and quote the recipient's whole number: this
    one holds what the pager decides by, and no text from outside.
    """

    def __init__(self, status: int, code: int | None, retry_after: timedelta | None) -> None:
        self.status = status
        self.code = code
        self.retry_after = retry_after
        super().__init__(f"HTTP {status}, code {code}")


class TwilioHttp:
    """What the twilio library asks of an asynchronous HTTP client: pooled connections to one base URL. Build it inside
    the running loop; close it once.

    timeout_seconds: for a whole request, real time. Connecting has its own, shorter limit: when that one ends, surely
    nothing was sent.
    """

    is_async = True
    """Asked by the library before it awaits a request."""

    def __init__(self, *, base_url: str, timeout_seconds: float) -> None:
        self._session = ClientSession()
        self._timeout_seconds = timeout_seconds
        self._base_url = base_url.rstrip("/")

    async def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, str | int] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Send one request, never twice. Raises TwilioRefusal unless the answer is 2xx; aiohttp's errors as they are.

        The library's own client is not used: it drops the constructor's time-out, logs whole phone numbers, and keeps
        the last request with its password.
        """
        limit = timeout or self._timeout_seconds
        async with self._session.request(
            method.upper(),
            self._base_url + url.removeprefix(f"https://{urlsplit(url).netloc}"),
            params=params,
            data=data,
            headers={**(headers or {}), **_authorization(auth)},
            timeout=ClientTimeout(total=limit, connect=_connect_limit(limit)),
            allow_redirects=allow_redirects,
        ) as answer:
            text = await answer.text(errors="replace")
            if not 200 <= answer.status < 300:
                raise TwilioRefusal(answer.status, _code_in(text), _retry_after(answer.headers))
            return Response(answer.status, text, answer.headers)

    async def close(self) -> None:
        """Let go of every connection."""
        await self._session.close()


def _connect_limit(limit: float) -> float:
    # Shorter than the whole, or the two would end together and a message that was surely not sent would be in doubt.
    return min(_LONGEST_CONNECT_SECONDS, limit / 2)


def _authorization(auth: tuple[str, str] | None) -> dict[str, str]:
    if auth is None:
        return {}
    return {"Authorization": "Basic " + base64.b64encode(":".join(auth).encode()).decode()}


def _code_in(text: str) -> int | None:
    try:
        body = json.loads(text)
    except ValueError:
        return None
    code = body.get("code") if isinstance(body, dict) else None
    return code if isinstance(code, int) else None


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """The wait that the answer asks for, in seconds or as a date (RFC 9110), 0 to a day; None when it asks for none,
    or by a date without saying what time it is."""
    wish = headers.get("Retry-After", "").strip()
    try:
        # A date counts from the server's own clock, so that a wrong one of ours does not stretch the wait.
        wait = timedelta(seconds=int(wish)) if wish.isdecimal() else _date(wish) - _date(headers.get("Date", ""))
    except OverflowError:
        return _LONGEST_RETRY_AFTER
    except ValueError:
        return None
    return min(max(wait, timedelta(0)), _LONGEST_RETRY_AFTER)


def server_date(headers: Mapping[str, str]) -> datetime | None:
    """What time it was (aware UTC) by the server's own clock when it answered; None when it did not say."""
    try:
        return _date(headers.get("Date", "")).astimezone(UTC)
    except ValueError:
        return None


def _date(text: str) -> datetime:
    at = parsedate_to_datetime(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
