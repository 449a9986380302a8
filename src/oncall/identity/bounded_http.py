"""Sends requests to an identity provider: limited in time and size, without redirects, answered with a JSON object."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

import httpx

from oncall.errors import IdentityAway, IdentityError

DEADLINE_SECONDS = 5.0
"""The time limit of one request in real seconds, from the connection to the end of the answer."""
MOST_BYTES = 256 * 1024
"""The most bytes of an answer. Real providers send far fewer."""
_CONNECT_SHARE = 0.45


class BoundedHttp:
    """An HTTP client for one identity provider. Use it from one event loop and close it at the end."""

    def __init__(self, *, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self.deadline_seconds = deadline_seconds
        self._client: httpx.AsyncClient | None = None

    async def get(self, url: str, what: str, *, bearer: str | None = None) -> dict[str, object]:
        """Return the JSON object that a GET request receives. Raises IdentityError.

        what: names the requested thing in error messages. bearer: an access token to send; None: send none.
        """
        headers = {"authorization": f"Bearer {bearer}"} if bearer is not None else {}
        return await self._ask("GET", url, what, headers=headers)

    async def post(self, url: str, body: str, what: str, headers: Mapping[str, str]) -> dict[str, object]:
        """Post a form and return the JSON object of the answer. what: names the answer in error messages.

        Raises IdentityError.
        """
        form = {**headers, "content-type": "application/x-www-form-urlencoded"}
        return await self._ask("POST", url, what, headers=form, body=body)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    async def _ask(
        self, method: str, url: str, what: str, *, headers: Mapping[str, str], body: str | None = None
    ) -> dict[str, object]:
        # Without compression, because a small answer could else grow to any size.
        sent = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "oncall", **headers}
        try:
            async with asyncio.timeout(self.deadline_seconds):
                status, content = await self._exchange(method, url, what, sent, body)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise IdentityAway(f"the identity provider did not answer within {self.deadline_seconds:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise IdentityAway("the identity provider cannot be reached") from error
        return _object(status, content, what)

    async def _exchange(
        self, method: str, url: str, what: str, headers: Mapping[str, str], body: str | None
    ) -> tuple[int, bytes]:
        if self._client is None:
            limits = httpx.Timeout(self.deadline_seconds, connect=_CONNECT_SHARE * self.deadline_seconds)
            self._client = httpx.AsyncClient(timeout=limits, follow_redirects=False)
        async with self._client.stream(method, url, content=body, headers=dict(headers)) as answer:
            if answer.is_redirect:
                # It could lead our secret, or our trust, to any other address.
                raise IdentityError(f"the identity provider answers with a redirect for {what}")
            if answer.status_code >= 500:
                raise IdentityAway(f"the identity provider failed: HTTP {answer.status_code} for {what}")
            content = bytearray()
            async for chunk in answer.aiter_raw():
                content += chunk
                if len(content) > MOST_BYTES:
                    raise IdentityError(f"the identity provider's answer is too long: {what} has over 256 KB")
            return answer.status_code, bytes(content)


def _object(status: int, content: bytes, what: str) -> dict[str, object]:
    """Return the JSON object of an answer. Raises IdentityError for a refusal or another content.

    The text of a refusal is left out of the error, because it may quote a secret.
    """
    if status != 200:
        raise IdentityError(f"the identity provider refused: HTTP {status} for {what}")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise IdentityError(f"the identity provider's answer cannot be read: {what} is no JSON object")
    return found
