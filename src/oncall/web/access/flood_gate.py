"""Decides which addresses and callers flood: they are refused so often that further refusals must be cheap."""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

MOST_KEYS = 10_000
"""How many keys a gate remembers."""
_SHARED_BITS = 64
"""The bits of an IPv6 address that one customer of a provider can choose freely."""


class FloodGate:
    """Counts refusals by key. A key floods when it has used up its allowance.

    burst: the allowance, in refusals. per_second: how fast it comes back. now: seconds of a clock that never goes back.
    """

    def __init__(self, *, burst: float, per_second: float, now: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._per_second, self._now = burst, per_second, now
        self._used: dict[str, tuple[float, float]] = {}

    def count(self, key: str) -> bool:
        """Count a refusal. Returns False, and counts nothing, if the key floods."""
        used = self._used_by(key)
        if used + 1 > self._burst:
            return False
        if len(self._used) >= MOST_KEYS and key not in self._used:
            self._forget()
        self._used[key] = (used + 1, self._now())
        return True

    def is_flooding(self, key: str) -> bool:
        """Return True if the next refusal of this key would not be counted."""
        return bool(self._used) and self._used_by(key) + 1 > self._burst

    def _used_by(self, key: str) -> float:
        used, at = self._used.get(key, (0.0, 0.0))
        return max(used - (self._now() - at) * self._per_second, 0.0) if used else 0.0

    def _forget(self) -> None:
        """Forget the keys that have their whole allowance again, and the older half of the others."""
        left = [key for key in self._used if self._used_by(key) > 0]
        self._used = {key: self._used[key] for key in left[len(left) // 2 :]}


def network_of(source: str) -> str:
    """Return the key under which an address is counted: an IPv4 address itself, or the network of an IPv6 address.

    One sender can use all addresses of an IPv6 network.
    """
    try:
        address = ip_address(source)
    except ValueError:
        return source
    if not isinstance(address, IPv6Address):
        return source
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> _SHARED_BITS << _SHARED_BITS))
