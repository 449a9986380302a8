"""Posts notices to subscribers' webhooks. Anyone may enter a URL, so addresses inside our network are refused."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import datetime
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import httpx

from oncall.channels.webhook_post import signature_headers, signing_key
from oncall.errors import Ambiguous, Refused, Temporary
from oncall.paging.ports.relay import RelayMessage

DEADLINE_SECONDS = 5.0
"""Real seconds for the whole exchange, from the look-up of the name to the first line and headers of the answer."""
LONGEST_URL = 500
NO_HOOK = "this is not the address of a webhook; write one like https://example.com/hooks/status"
NO_NAME = "the name of the webhook's host is not known; check the address"
PRIVATE = "the webhook's host is not a public address, so nothing is sent there"


_NAT64 = IPv6Network("64:ff9b::/96")
_NOT_PUBLIC = (IPv6Network("fec0::/10"), IPv6Network("3fff::/20"), IPv4Network("192.88.99.0/24"))
"""Networks that `ipaddress` calls global but that are refused: former site-local, an example network, 6to4 relays."""


@cache
def public_tls() -> ssl.SSLContext:
    """Return the TLS settings of all posts, which are read once in a process.

    To read the certificates of all authorities blocks the interpreter for tens of milliseconds.
    """
    return httpx.create_ssl_context(trust_env=False)


class SubscriberHookPost:
    """Posts notices to the webhook of one subscriber.

    secret: signs the notices. may_be_loopback: for tests: http to this machine is allowed, too.
    """

    def __init__(self, url: str, secret: str, *, may_be_loopback: bool = False) -> None:
        self._url, self._may_be_loopback = url, may_be_loopback
        key = signing_key(secret)
        assert key is not None, "we make the secret ourselves"
        self._key = key

    async def carry(self, message: RelayMessage, *, real_now: datetime) -> None:
        """Post a notice. Raises DeliveryError, which shows no address, unless the answer has a status 2xx."""
        body = message.body.encode()
        headers = signature_headers(message.id, body, [self._key], real_now)
        headers |= {"content-type": "application/json", "user-agent": "oncall"}
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                status = await self._post(body, headers)
        except Refused as unfit:
            raise Temporary(str(unfit)) from None
        except (TimeoutError, httpx.TimeoutException) as error:
            raise Ambiguous(f"no answer within {DEADLINE_SECONDS:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise Ambiguous(f"no connection: {type(error).__name__}") from error
        if not 200 <= status < 300:
            raise Temporary(f"HTTP {status}{', a redirect, which is not followed' if 300 <= status < 400 else ''}")

    async def close(self) -> None:
        """Do nothing: each notice has a connection of its own, to an address that was just checked."""

    async def _post(self, body: bytes, headers: dict[str, str]) -> int:
        """Post to the checked address, and return the status of the answer. TLS is checked against the host's name."""
        address = await checked_address(self._url, may_be_loopback=self._may_be_loopback)
        url = httpx.URL(self._url)
        headers = {**headers, "host": url.netloc.decode("ascii")}
        async with httpx.AsyncClient(
            verify=public_tls(), follow_redirects=False, trust_env=False, timeout=DEADLINE_SECONDS
        ) as client:
            request = client.build_request(
                "POST", url.copy_with(host=address), content=body, headers=headers,
                extensions={"sni_hostname": url.raw_host.decode("ascii")},
            )  # fmt: skip
            answer = await client.send(request, stream=True)
            await answer.aclose()
            return answer.status_code


async def checked_address(url: str, *, may_be_loopback: bool = False) -> str:
    """Return the IP address to which posts to a webhook go. Raises Refused if any address of its host is not public."""
    host, port = _host_and_port(url, may_be_loopback=may_be_loopback)
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        raise Refused(NO_NAME) from None
    addresses = [ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    if not addresses or not all(_is_fit(each, url, may_be_loopback) for each in addresses):
        raise Refused(PRIVATE)
    return str(addresses[0])


def _host_and_port(url: str, *, may_be_loopback: bool) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Refused(NO_HOOK) from None
    is_plain = parts.scheme == "http" and may_be_loopback
    is_text = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    if not host or not is_text or "@" in parts.netloc or "\\" in url or parts.fragment:
        raise Refused(NO_HOOK)
    if parts.scheme != "https" and not is_plain:
        raise Refused(NO_HOOK)
    return host, port or (80 if is_plain else 443)


def _is_fit(address: IPv4Address | IPv6Address, url: str, may_be_loopback: bool) -> bool:
    if may_be_loopback and address.is_loopback:
        return True
    forms: list[IPv4Address | IPv6Address] = [address]
    if isinstance(address, IPv6Address):
        # An IPv4 address can hide in these forms.
        hidden = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        forms += [each for each in hidden if each is not None]
        forms += [IPv4Address(int(address) & 0xFFFFFFFF)] if address in _NAT64 else []
    is_public = all(each.is_global and not each.is_multicast and not each.is_reserved for each in forms)
    is_public = is_public and not any(each in network for each in forms for network in _NOT_PUBLIC)
    return is_public and url.startswith("https://")
