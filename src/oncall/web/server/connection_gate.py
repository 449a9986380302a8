"""Decides which connection to drop if there are too many, in total or from one source."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Generic, TypeVar

ConnectionT = TypeVar("ConnectionT", bound=Hashable)
Network = IPv4Network | IPv6Network

MOST_CONNECTIONS = 2_000
PER_SOURCE_SHARE = 4
"""One source may have one part in so many of all connections (a quarter), unless a limit for a source is set."""
PROVIDER_SHARE = (3, 4)
"""The part of all connections, as a fraction, that a provider's address may have. The rest is for everyone else."""
PROVIDER_SECONDS = 600.0
"""How many seconds (real time) an address counts as the provider's after its last signed callback."""
_MOST_PROVIDERS = 1_000
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_IPV6_SITE_BITS = 64
"""All addresses in one IPv6 network of this prefix length are one source, because a customer usually has the whole
network.
"""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections a server keeps open.

    proxies: the networks of trusted proxies. They have no limit per source, because a proxy has many clients.
    forwarding: the networks of proxies whose X-Forwarded-For is trusted.
    """

    most: int = MOST_CONNECTIONS
    most_per_source: int = MOST_CONNECTIONS // PER_SOURCE_SHARE
    proxies: Sequence[Network] = LOOPBACK
    forwarding: Sequence[Network] = ()

    @property
    def most_per_provider(self) -> int:
        """Return how many connections one address of the SMS provider may have at once."""
        part, whole = PROVIDER_SHARE
        return max(self.most_per_source, self.most * part // whole)


@dataclass(slots=True)
class _Source(Generic[ConnectionT]):
    """The connections of one source. `waiting`: those that wait for their client, the longest wait first."""

    count: int = 0
    waiting: dict[ConnectionT, None] = field(default_factory=dict)


class ConnectionGate(Generic[ConnectionT]):
    """Tracks all open connections, and decides which one to drop if there are too many.

    A connection waits for its client if the client has to send a request or its rest, or to read an answer. Only such
    connections are dropped, the one with the longest wait first. monotonic: seconds of a clock that never goes back.
    """

    def __init__(self, limits: ConnectionLimits, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._monotonic = limits, monotonic
        self._proven_at: dict[str, float] = {}
        self._source_by_connection: dict[ConnectionT, str | None] = {}
        self._waiting: dict[ConnectionT, None] = {}
        self._sources: dict[str, _Source[ConnectionT]] = {}
        self._source_of = lru_cache(maxsize=4096)(self._look_up_source)

    def enter(self, connection: ConnectionT, address: str) -> ConnectionT | None:
        """Add a new connection, which waits for its client.

        Returns the connection to drop in exchange; None if there is room.
        address: the IP address of the client.
        """
        dropped = self._surplus(self._source_of(address))
        name = self._source_of(address)
        self._source_by_connection[connection] = name
        if name is not None:
            self._sources.setdefault(name, _Source()).count += 1
        self.wait(connection)
        return dropped

    def wait(self, connection: ConnectionT) -> None:
        """Record that the connection waits for its client from now on. If it waits already, its wait goes on."""
        if connection in self._source_by_connection:
            self._waiting.setdefault(connection, None)
            if (source := self._source(connection)) is not None:
                source.waiting.setdefault(connection, None)

    def work(self, connection: ConnectionT) -> None:
        """Record that a whole request has arrived, so that the client now waits for the server."""
        self._waiting.pop(connection, None)
        if (source := self._source(connection)) is not None:
            source.waiting.pop(connection, None)

    def leave(self, connection: ConnectionT) -> None:
        """Forget a closed connection. A second call does nothing."""
        self.work(connection)
        name = self._source_by_connection.pop(connection, None)
        if name is not None:
            self._sources[name].count -= 1
            if not self._sources[name].count:
                del self._sources[name]

    def prove(self, connection: ConnectionT) -> None:
        """Record that the connection brought a callback with the provider's signature.

        Its source may then open more.
        """
        name = self._source_by_connection.get(connection)
        if name is None:
            return
        # Deleted first, so that the dict is ordered by time.
        self._proven_at.pop(name, None)
        self._proven_at[name] = self._monotonic()
        if len(self._proven_at) > _MOST_PROVIDERS:
            del self._proven_at[next(iter(self._proven_at))]

    def _most_of(self, name: str) -> int:
        at = self._proven_at.get(name)
        is_proven = at is not None and self._monotonic() - at < PROVIDER_SECONDS
        return self._limits.most_per_provider if is_proven else self._limits.most_per_source

    def _surplus(self, name: str | None) -> ConnectionT | None:
        """Return the connection to drop before a new one of the source `name` enters.

        None if there is room, or if no connection waits for its client. name: None for a trusted proxy.
        """
        source = self._sources.get(name) if name is not None else None
        if name is not None and source is not None and source.count >= self._most_of(name) and source.waiting:
            return next(iter(source.waiting))
        is_full = len(self._source_by_connection) >= self._limits.most
        return next(iter(self._waiting), None) if is_full else None

    def _source(self, connection: ConnectionT) -> _Source[ConnectionT] | None:
        name = self._source_by_connection.get(connection)
        return self._sources[name] if name is not None else None

    def _look_up_source(self, address: str) -> str | None:
        """Return the source that an address belongs to; None for a trusted proxy."""
        try:
            at = ip_address(address.partition("%")[0])
        except ValueError:
            return address
        at = getattr(at, "ipv4_mapped", None) or at
        if any(at in network for network in self._limits.proxies):
            return None
        return str(at) if at.version == 4 else str(ip_network((at, _IPV6_SITE_BITS), strict=False))
