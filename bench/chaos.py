"""A Twilio that fails at random: how often, and its outages."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

from doubles.twilio import TwilioDouble
from doubles.twilio_faults import Fault, Request, cut, error_after_accept, hang, not_json, refuse, reset

FAULTS: tuple[tuple[float, Fault], ...] = (
    (0.05, reset(accept=True)),
    (0.03, reset(accept=False)),
    (0.05, error_after_accept(500)),
    (0.03, refuse(503, 20503)),
    (0.03, cut(accept=True)),
    (0.02, not_json()),
    (0.05, refuse(429, 20429, retry_after="1")),
    (0.01, hang(10.0, accept=True)),
    (0.01, hang(10.0, accept=False)),
)
"""How often each fault comes, and what it is. The pager waits 8 s for an answer."""


class Chaos:
    """A Twilio with random faults, from a seed, until the bench ends the faults."""

    def __init__(self, twilio: TwilioDouble, seed: int) -> None:
        self._twilio, self._random = twilio, random.Random(seed)
        self.count = 0
        self._outage: threading.Timer | None = None
        # The draw is made once for each request and shared by the rules, which are asked in their order.
        self._drawn: tuple[Request | None, float] = (None, 1.0)
        edge = 0.0
        for share, fault in FAULTS:
            low, edge = edge, edge + share
            twilio.rule(fault, when=self._between(low, edge))

    def _between(self, low: float, high: float) -> Callable[[Request], bool]:
        def when(request: Request) -> bool:
            if self._drawn[0] is not request:
                self._drawn = (request, self._random.random())
            hit = low <= self._drawn[1] < high
            self.count += hit
            return hit

        return when

    def outage(self, seconds: float) -> bool:
        """Refuse connections for this long while the kills go on. Returns False, without effect, during an outage."""
        if self._outage is not None and self._outage.is_alive():
            return False
        self._twilio.refuse_connections()
        self._outage = threading.Timer(seconds, self._twilio.accept_connections)
        self._outage.start()
        return True

    def wait(self) -> None:
        """Until the last outage is over."""
        if self._outage is not None:
            self._outage.join()
