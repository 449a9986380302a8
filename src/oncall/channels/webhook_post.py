"""Posts ticket events to webhooks, signed as Standard Webhooks describes (https://www.standardwebhooks.com)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import re
from datetime import datetime, timedelta

import httpx

from oncall.errors import Ambiguous, Temporary
from oncall.paging.ports.relay import RelayMessage

DEADLINE_SECONDS = 10.0
"""Real seconds for one whole exchange, from the connection to the first line and headers of the answer."""
LEAST_KEY = 16
"""The length of the shortest signing key, in bytes."""
_CONNECT_SHARE = 0.45
_MOST_RETRY_AFTER = 86_400


class WebhookPost:
    """Posts messages to one address. Use it from one event loop and close it at the end.

    secrets: the value of the environment variable with the signing secrets; None if it is not set. During a rotation it
    has several secrets, separated by spaces. variable: the name of that variable, for error messages.
    """

    def __init__(
        self, url: str, secrets: str | None, *, variable: str, deadline_seconds: float = DEADLINE_SECONDS
    ) -> None:
        self._url, self._secrets, self._variable = url, secrets, variable
        self._deadline_seconds = deadline_seconds
        self._client: httpx.AsyncClient | None = None

    async def carry(self, message: RelayMessage, *, real_now: datetime) -> None:
        """Post a message. Raises DeliveryError, which does not show the address, if the message is not accepted.

        The address may be a secret.
        """
        body = message.body.encode()
        headers = {
            "content-type": "application/json",
            "user-agent": "oncall",
            **signature_headers(message.id, body, self._keys(), real_now),
        }
        try:
            async with asyncio.timeout(self._deadline_seconds):
                await self._post(body, headers)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise Ambiguous(f"no answer within {self._deadline_seconds:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Ambiguous(f"no connection: {type(error).__name__}") from error

    async def close(self) -> None:
        """Close the network connections."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    def _keys(self) -> list[bytes]:
        if self._secrets is None:
            raise Temporary(f"{self._variable} is not set, so the message cannot be signed; set it and restart")
        keys = [signing_key(secret) for secret in self._secrets.split()]
        if None in keys:
            raise Temporary(f"{self._variable} is not a signing secret; write whsec_ and 24 to 64 bytes in base64")
        return [key for key in keys if key is not None]

    async def _post(self, body: bytes, headers: dict[str, str]) -> None:
        if self._client is None:
            limits = httpx.Timeout(self._deadline_seconds, connect=_CONNECT_SHARE * self._deadline_seconds)
            # A redirect could lead the message, with its signature, to any other address.
            self._client = httpx.AsyncClient(timeout=limits, follow_redirects=False)
        # The body of the answer is not read, however large it is.
        async with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
            if answer.is_redirect:
                raise Temporary(f"HTTP {answer.status_code}, a redirect; write the address that it leads to")
            if not answer.is_success:
                asked = _seconds(answer.headers.get("retry-after", ""))
                raise Temporary(f"HTTP {answer.status_code}", retry_after=asked)


def signing_key(secret: str) -> bytes | None:
    """Return the key in a secret `whsec_...`; None if it is not valid base64, or too short."""
    text = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) >= LEAST_KEY else None


def signature_headers(message_id: str, body: bytes, keys: list[bytes], real_now: datetime) -> dict[str, str]:
    """Return the three headers of Standard Webhooks, with one signature for each key.

    body: the exact bytes to be posted.
    """
    sent_at = str(int(real_now.timestamp()))
    signed = b".".join((message_id.encode(), sent_at.encode(), body))
    signatures = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": sent_at,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def _seconds(retry_after: str) -> timedelta | None:
    if not re.fullmatch(r"[0-9]{1,9}", retry_after.strip()):
        return None
    return timedelta(seconds=min(int(retry_after), _MOST_RETRY_AFTER))
