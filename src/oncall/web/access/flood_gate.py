"""Decides which addresses and callers flood: so many of their requests were refused that further refusals must be
cheap.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

MOST_KEYS = 10_000
"""The most keys that a gate remembers; above this it forgets some."""
_SHARED_BITS = 64
"""How many of the 128 bits of an IPv6 address are left out of its key: one user can choose them freely."""


class FloodGate:
    """Counts refused requests for each key, such as an address or a caller. A key floods when its allowance is used up.

    burst: the allowance, as a number of refusals. per_second: how many refusals come back to the allowance each second.
    now: seconds of a clock that never goes back.
    """

    def __init__(self, *, burst: float, per_second: float, now: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._per_second, self._now = burst, per_second, now
        self._used: dict[str, tuple[float, float]] = {}

    def count(self, key: str) -> bool:
        """Count a refusal of this key and return True. Return False, without counting it, if the key floods."""
        used = self._used_by(key)
        if used + 1 > self._burst:
            return False
        if len(self._used) >= MOST_KEYS and key not in self._used:
            self._forget()
        self._used[key] = (used + 1, self._now())
        return True

    def is_flooding(self, key: str) -> bool:
        """Return True if the allowance of this key is used up. Counts nothing."""
        return bool(self._used) and self._used_by(key) + 1 > self._burst

    def _used_by(self, key: str) -> float:
        used, at = self._used.get(key, (0.0, 0.0))
        return max(used - (self._now() - at) * self._per_second, 0.0) if used else 0.0

    def _forget(self) -> None:
        """Forget all keys whose allowance is full again, and the older half of the other keys."""
        left = [key for key in self._used if self._used_by(key) > 0]
        self._used = {key: self._used[key] for key in left[len(left) // 2 :]}


def network_of(source: str) -> str:
    """Return the key under which an address is counted: an IPv4 address itself, or the /64 network of an IPv6 address.

    One sender can use all addresses of such a network.
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
