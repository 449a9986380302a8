"""Finds the event number up to which the log is complete. A transaction that commits late may still fill a gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

GAP_LASTS = timedelta(seconds=60)
"""How long (real time) to wait for a missing number, which a transaction that began earlier may still write."""


@dataclass
class LogGaps:
    """The missing numbers of the log, each with the real time at which this process first missed it."""

    missed_at: dict[int, datetime] = field(default_factory=dict)

    def settled(self, cursor: int, numbers: Sequence[int], real_now: datetime) -> int:
        """Return the event number up to which the log is complete. Gaps older than `GAP_LASTS` are ignored.

        cursor: the number up to which it was read before. numbers: the numbers of the events after the cursor, in
        order.
        """
        expected, gap = cursor + 1, None
        for number in numbers:
            for missing in range(expected, number):
                since = self.missed_at.setdefault(missing, real_now)
                gap = missing if gap is None and real_now - since < GAP_LASTS else gap
            expected = number + 1
        known = [number for number in numbers if gap is None or number < gap]
        settled = known[-1] if known else cursor
        self.missed_at = {number: at for number, at in self.missed_at.items() if number > settled}
        return settled
