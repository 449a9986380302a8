"""An HTTP client for the twilio library, with any base URL, time-outs in real time, and refusals as exceptions."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode, urlsplit

from aiohttp import ClientSession, ClientTimeout
from twilio.http.response import Response

_LONGEST_CONNECT_SECONDS = 5.0
_LONGEST_RETRY_AFTER = timedelta(days=1)


class TwilioRefusal(Exception):
    """Raised if Twilio answers with a status other than 2xx. `code`: Twilio's error code; None if the body has none.

    The library's own exceptions drop the headers, vary with the body, and quote the recipient's whole number. This one
    has what the pager needs for its decision, and no text from outside.
    """

    def __init__(self, status: int, code: int | None, retry_after: timedelta | None) -> None:
        self.status = status
        self.code = code
        self.retry_after = retry_after
        super().__init__(f"HTTP {status}, code {code}")


class TwilioHttp:
    """The asynchronous HTTP client that the twilio library calls. It pools connections to one base URL.

    Create it inside the running event loop and close it once. timeout_seconds: limit for a whole request, in real time.
    Connecting has a shorter limit of its own; if that limit ends a request, the request was certainly not sent.
    """

    is_async = True
    """The library reads this to know that it must await each request."""

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
        """Send one request, without retries. Raises TwilioRefusal unless the status is 2xx, and aiohttp's errors.

        It replaces the library's own client, which ignores the time-out of its constructor, logs whole phone numbers,
        and keeps the last request with its password.
        """
        limit = timeout or self._timeout_seconds
        async with self._session.request(
            method.upper(),
            self._base_url + url.removeprefix(f"https://{urlsplit(url).netloc}"),
            params=params,
            data=urlencode(data, doseq=True).encode() if data else None,
            headers={**(headers or {}), **_authorization(auth)},
            timeout=ClientTimeout(total=limit, connect=_connect_limit(limit)),
            allow_redirects=allow_redirects,
        ) as answer:
            text = await answer.text(errors="replace")
            if not 200 <= answer.status < 300:
                raise TwilioRefusal(answer.status, _code_in(text), _retry_after(answer.headers))
            return Response(answer.status, text, answer.headers)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()


def _connect_limit(limit: float) -> float:
    # If both limits ended together, a message that was certainly not sent would count as possibly sent.
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
    """Return the time to wait that `Retry-After` names (seconds or a date, RFC 9110), between zero and a day.

    None if there is no such header, or if it is a date and the answer has no `Date` to compare it with.
    """
    asked = headers.get("Retry-After", "").strip()
    try:
        # Compare with the server's clock, because ours may be wrong.
        wait = timedelta(seconds=int(asked)) if asked.isdecimal() else _date(asked) - _date(headers.get("Date", ""))
    except OverflowError:
        return _LONGEST_RETRY_AFTER
    except ValueError:
        return None
    return min(max(wait, timedelta(0)), _LONGEST_RETRY_AFTER)


def server_date(headers: Mapping[str, str]) -> datetime | None:
    """Return the server's time (aware UTC) from the answer's `Date`; None if it has no valid one."""
    try:
        return _date(headers.get("Date", "")).astimezone(UTC)
    except ValueError:
        return None


def _date(text: str) -> datetime:
    at = parsedate_to_datetime(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
