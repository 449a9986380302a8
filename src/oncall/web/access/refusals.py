"""Records refused requests: log lines (only a sample in a flood), counters, and tallies for each caller."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

import structlog
from prometheus_client import CollectorRegistry, Counter

from oncall.paging.ports.refusals import Refusal, RefusalCount, RefusalReason
from oncall.paging.watch.refused_callers import RefusalTally
from oncall.web.access.flood_gate import FloodGate, network_of

LOGGED_A_MINUTE = 5
"""How many log lines a minute are written for one reason, caller and address.

One more line counts the other refusals.
"""
ADDRESS_BURST, ADDRESS_PER_SECOND = 100, 1
"""The allowance of an address without a known caller: how many refusals at once, and how many more each second."""
CALLER_BURST, CALLER_PER_SECOND = 1000, 2
"""The allowance of a known caller: how many refusals at once, and how many more each second.

It is larger than that of an address: a known caller is rather a broken program than an attacker who guesses tokens.
"""
LOOK_UP_BURST, LOOK_UPS_PER_SECOND = 600, 20
"""How many unknown tokens, from all addresses, this process looks up in the database: at once, and more each second."""
MOST_SAMPLES = 1000
MOST_DIGITS, LONGEST_WORD, LONGEST_DETAIL = 6, 24, 300
_MINUTE = timedelta(minutes=1)
_REPLACED = {RefusalReason.TOKEN, RefusalReason.ROLE, RefusalReason.SIGNATURE, RefusalReason.BODY}
"""The refusals that are answered with 429 in a flood.

A conflict stays a 409: the sender must learn that the id is taken.
"""
_NAMED = (RefusalReason.SIGNATURE, RefusalReason.TOKEN)
_OTHERS = "other addresses"


def harmless(detail: str) -> str:
    """Return the text of a refusal for the log, cut; empty if it may contain a token or a phone number."""
    is_long = any(len(word) > LONGEST_WORD for word in detail.split())
    digits = sum(letter.isdigit() for letter in detail)
    return "" if is_long or digits > MOST_DIGITS else detail[:LONGEST_DETAIL]


def _harmless_path(path: str) -> str:
    """Return a path for the log, cut; empty if one of its parts may contain a token or a phone number."""
    return path[:LONGEST_DETAIL] if harmless(path.replace("/", " ")) else ""


@dataclass
class _Sample:
    """The refusals with one reason, caller and address within a minute.

    since: when the minute began. logged: how many have a log line. left_out: how many are only counted.
    """

    since: datetime
    logged: int = 0
    left_out: int = 0


_Key = tuple[str, str, str]


class Refusals:
    """Records the refused requests of one process. Use it in one event loop.

    registry: gets the Prometheus counter. real_now: real time, aware UTC. worker: the name of this process.
    """

    def __init__(self, registry: CollectorRegistry, *, real_now: Callable[[], datetime], worker: str) -> None:
        self._counter = Counter(
            "oncall_refused_requests",
            "Refused requests, by caller, status and reason",
            ["caller", "status", "reason"],
            registry=registry,
        )
        self._real_now, self._worker = real_now, worker
        self.sources = FloodGate(burst=ADDRESS_BURST, per_second=ADDRESS_PER_SECOND)
        self.callers = FloodGate(burst=CALLER_BURST, per_second=CALLER_PER_SECOND)
        self.unknown_tokens = FloodGate(burst=LOOK_UP_BURST, per_second=LOOK_UPS_PER_SECOND)
        self._samples: dict[_Key, _Sample] = {}
        self._tallies: dict[tuple[str, RefusalReason], RefusalTally] = {}
        self._unsaved: dict[tuple[datetime, str, RefusalReason], RefusalCount] = {}
        self.has_changed = asyncio.Event()
        """Set when a caller begins or stops to be refused repeatedly."""
        self._log = structlog.get_logger("oncall.refusals")

    @property
    def has_tallies(self) -> bool:
        """Return True if a refusal was tallied since the start: work of a caller, or a callback of the provider."""
        return bool(self._tallies)

    def is_flooding(self, source: str, caller: str = "") -> bool:
        """Return True if this caller floods; without a caller, if the address in `source` floods."""
        return self.callers.is_flooding(caller) if caller else self.sources.is_flooding(network_of(source))

    def refused(
        self, reason: RefusalReason, status: int, *, caller: str, source: str, path: str, detail: str, is_work: bool
    ) -> bool:
        """Log and count a refused request. Returns True if a flood turns the answer into a 429.

        source: the address that the request came from. detail: the text of the refusal. is_work: the request was meant
        to bring a ticket, an event or a callback.
        """
        at = self._real_now()
        # A caller has an allowance of its own, so that nobody else behind its address can use it up.
        # A request over the rate limit has no fault, so it uses up no allowance.
        is_flood = reason is not RefusalReason.RATE and not self._is_counted(caller, source)
        replaced = is_flood and reason in _REPLACED
        self._counter.labels(caller, str(429 if replaced else status), reason.value).inc()
        # The words about a token or about a size never quote what the caller sent.
        is_ours = reason is RefusalReason.TOKEN or status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        words = detail if is_ours else harmless(detail)
        refusal = Refusal(at, reason, status, caller, source, words or f"status {status}")
        self._sample(refusal, _harmless_path(path))
        if is_work and (caller or reason in _NAMED):
            self._tally(refusal)
        return replaced

    def _is_counted(self, caller: str, source: str) -> bool:
        return self.callers.count(caller) if caller else self.sources.count(network_of(source))

    def accepted(self, caller: str, reasons: Sequence[RefusalReason] = tuple(RefusalReason)) -> None:
        """Record that a request of this caller was accepted: its tallies of refusals with these reasons start again."""
        for reason in reasons:
            tally, now = self._tallies.get((caller, reason)), self._real_now()
            was_repeated = tally is not None and tally.is_repeated(now)
            count = tally.accepted(now) if tally is not None else None
            if count is not None:
                self._unsaved[count.hour, caller, reason] = count
            if tally is not None and was_repeated and not tally.is_repeated(now):
                self.has_changed.set()

    def repeated(self) -> list[Refusal]:
        """Return the last refusal for each caller and reason that is refused repeatedly.

        The provider's callbacks count as one caller, whose name is empty.
        """
        now = self._real_now()
        tallies = self._tallies.values()
        return [tally.count.last for tally in tallies if tally.count is not None and tally.is_repeated(now)]

    def unsaved(self) -> list[RefusalCount]:
        """Return the counts that changed since they were last stored."""
        return list(self._unsaved.values())

    def saved(self, counts: Sequence[RefusalCount]) -> None:
        """Record that these counts are stored, so that `unsaved` leaves them out."""
        for count in counts:
            key = (count.hour, count.last.caller, count.last.reason)
            if self._unsaved.get(key) is count:
                del self._unsaved[key]

    def summarise(self) -> None:
        """Log how many refusals of the past minutes have no log line of their own."""
        now = self._real_now()
        for key, sample in list(self._samples.items()):
            if now - sample.since >= _MINUTE:
                self._close(key, sample)
                del self._samples[key]

    def _sample(self, refusal: Refusal, path: str) -> None:
        key = (refusal.reason.value, refusal.caller, refusal.source)
        if key not in self._samples and len(self._samples) >= MOST_SAMPLES:
            key = (refusal.reason.value, "", _OTHERS)
        sample = self._samples.setdefault(key, _Sample(refusal.at))
        if refusal.at - sample.since >= _MINUTE:
            self._close(key, sample)
            sample = self._samples[key] = _Sample(refusal.at)
        if sample.logged >= LOGGED_A_MINUTE:
            sample.left_out += 1
            return
        sample.logged += 1
        self._log.warning(
            "a request was refused",
            action="refused",
            reason=refusal.reason.value,
            status=refusal.status,
            caller=refusal.caller or None,
            source=refusal.source,
            path=path,
            detail=refusal.detail,
        )

    def _close(self, key: _Key, sample: _Sample) -> None:
        if sample.left_out:
            reason, caller, source = key
            self._log.warning(
                "more requests were refused than are logged one by one",
                action="refused_more",
                reason=reason,
                caller=caller or None,
                source=source,
                count=sample.left_out,
            )

    def _tally(self, refusal: Refusal) -> None:
        key = (refusal.caller, refusal.reason)
        tally = self._tallies.setdefault(key, RefusalTally(self._worker))
        was_repeated = tally.is_repeated(refusal.at)
        count = tally.refused(refusal)
        self._unsaved[count.hour, *key] = count
        if not was_repeated and tally.is_repeated(refusal.at):
            self.has_changed.set()
