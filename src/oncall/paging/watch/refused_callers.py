"""Finds callers and providers whose requests are refused again and again. Pure functions."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from oncall.paging.ports.refusals import Refusal, RefusalCount, RefusalReason
from oncall.support.wording import rough_span

IN_A_ROW = 3
"""This many refusals in a row, without an accepted request in between, are reported."""
IN_AN_HOUR = 5
"""This many refusals within an hour are reported, even if requests were accepted in between."""
REPORTED_FOR = timedelta(hours=24)
"""Refusals are reported until this long (real time) after the last one."""
OVER_AFTER = timedelta(hours=1)
"""If a request was accepted after the last refusal, the report ends this long (real time) after that refusal."""
_HOUR = timedelta(hours=1)


@dataclass
class RefusalTally:
    """Counts the refusals of one caller for one reason in this process."""

    worker: str
    in_a_row: int = 0
    count: RefusalCount | None = None
    """The count of refusals in the hour of the last one; None if there is none."""
    _recent: deque[datetime] = field(default_factory=lambda: deque(maxlen=IN_AN_HOUR))

    def refused(self, refusal: Refusal) -> RefusalCount:
        """Count a refusal. Returns the count of its hour."""
        self.in_a_row += 1
        self._recent.append(refusal.at)
        hour = refusal.at.replace(minute=0, second=0, microsecond=0)
        before = self.count.count if self.count is not None and self.count.hour == hour else 0
        self.count = RefusalCount(self.worker, hour, before + 1, refusal)
        return self.count

    def accepted(self, at: datetime) -> RefusalCount | None:
        """Record that a request was accepted. Returns the changed count; None if no refusal came before it."""
        if self.in_a_row == 0 or self.count is None:
            return None
        self.in_a_row = 0
        self.count = RefusalCount(self.worker, self.count.hour, self.count.count, self.count.last, at)
        return self.count

    def is_repeated(self, now: datetime) -> bool:
        """Return True if the caller is refused again and again as of `now` (real time)."""
        if self.count is None or now - self.count.last.at > REPORTED_FOR:
            return False
        is_frequent = len(self._recent) == IN_AN_HOUR and now - self._recent[0] <= _HOUR
        return self.in_a_row >= IN_A_ROW or is_frequent


@dataclass(frozen=True, slots=True)
class RepeatedRefusal:
    """A caller that is refused again and again for one reason.

    count: the refusals of the last 24 hours. accepted_at: when (real time) a request was last accepted after a refusal;
    None if none was.
    """

    count: int
    last: Refusal
    accepted_at: datetime | None = None

    def words(self, now: datetime, public_url: str | None) -> str:
        """Return a sentence that says what happened and what to do. now: real time."""
        last = self.last
        times = f"{self.count} times within 24 hours, the last time {_ago(now - last.at)} from {last.source}"
        if last.reason is RefusalReason.TOKEN and not last.caller:
            return (
                f"requests without a known token were refused {times}; if your help desk sends them, its tickets page "
                "nobody: give it a token with `oncall token create`."
            )
        if last.reason is RefusalReason.SIGNATURE:
            return (
                f"the provider's callbacks were refused {times}: their signature does not match, so no reply by SMS "
                f"and no receipt counts; ONCALL_PUBLIC_URL ({public_url or 'not set'}) must be exactly the address "
                "that Twilio calls, and TWILIO_AUTH_TOKEN the auth token of the account."
            )
        if last.reason is RefusalReason.RATE:
            return (
                f"{last.caller} was over its rate limit {times}; nothing of those requests was stored until it sent "
                "them again: make it send less, or raise ONCALL_CALLER_RATE."
            )
        return (
            f"{last.caller} was refused {times} (HTTP {last.status}: {last.detail.rstrip('.')}); "
            f"a refused ticket pages nobody: correct what {last.caller} sends."
        )


def repeated(counts: Sequence[RefusalCount], now: datetime) -> Iterator[RepeatedRefusal]:
    """Yield each caller and reason with at least three refusals in the last 24 hours. now: real time.

    A caller is left out if its last refusal is over an hour ago and a request was accepted since.
    """
    known: dict[tuple[str, RefusalReason], list[RefusalCount]] = {}
    for count in counts:
        if now - count.last.at <= REPORTED_FOR:
            known.setdefault((count.last.caller, count.last.reason), []).append(count)
    for group in known.values():
        last = max((count.last for count in group), key=lambda refusal: refusal.at)
        accepted_at = max((at for count in group if (at := count.accepted_at) is not None), default=None)
        is_over = accepted_at is not None and accepted_at >= last.at and now - last.at > OVER_AFTER
        total = sum(count.count for count in group)
        if total >= IN_A_ROW and not is_over:
            yield RepeatedRefusal(total, last, accepted_at)


def _ago(span: timedelta) -> str:
    return "just now" if span < timedelta(minutes=1) else f"{rough_span(span)} ago"
