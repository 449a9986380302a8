"""The fairness cost: how far every person's load is from their share, squared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache

from oncall.rotation.problem.shares import Shares
from oncall.schedule.plan import EngineerFairness, Fairness, Load
from oncall.support.windows import WindowKind

Held = tuple[WindowKind, str, str]
"""One seat as fairness sees it: kind, role, engineer id."""


@lru_cache(maxsize=65536)
def term(count: int, share: Fraction) -> int:
    """What a count costs against its share, in hundredths of a squared shift."""
    return round(100 * (count - share) ** 2)


def fairness_of(held: Iterable[Held], shares: Shares, *, bound: int) -> Fairness:
    """Cost and loads of the seats held. `bound` is passed on: what no plan that keeps the hard rules can beat."""
    counts = Counter(held)
    cost = 0
    engineers = []
    for engineer, weight in shares.weights.items():
        loads = []
        for kind in shares.totals:
            together = sum(counts[kind, role, engineer] for role in shares.roles)
            for role, count in [*((r, counts[kind, r, engineer]) for r in shares.roles), (None, together)]:
                share = shares.of(kind, role, engineer)
                cost += term(count, share)
                loads.append(Load(kind, role, count, float(share)))
        engineers.append(EngineerFairness(engineer, float(weight), tuple(loads)))
    return Fairness(cost, bound, tuple(engineers))
