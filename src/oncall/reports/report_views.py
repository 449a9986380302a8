"""Reports as JSON.

Lengths of time are in seconds, shares are 0 to 1, times are ISO 8601 with the policy zone's offset.
"""

from __future__ import annotations

from datetime import timedelta

from oncall.reports.attainment import Cell, ClockCounts, Percentiles
from oncall.reports.report_view_types import CellView, CountsView, PercentilesView, ReportTargetView
from oncall.support.policy import Target


def counts_view(counts: ClockCounts) -> CountsView:
    """Return counts as JSON; `count` is the sum of `met`, `breached`, `stopped` and `running`."""
    return {
        "count": counts.total,
        "met": counts.met,
        "breached": counts.breached,
        "stopped": counts.stopped,
        "running": counts.running,
        "attainment": counts.attainment,
    }


def cell_view(cell: Cell) -> CellView:
    """Return the clocks of one plan, impact and metric as JSON."""
    return {
        "plan": cell.plan,
        "impact": cell.impact,
        "metric": cell.metric.value,
        "targets": [_target_view(target) for target in cell.targets],
        **counts_view(cell.counts),
        "seconds": percentiles_view(cell.times),
    }


def percentiles_view(times: Percentiles | None) -> PercentilesView | None:
    """Return percentiles as JSON, in seconds; None if nothing was measured."""
    if times is None:
        return None
    return {"p50": seconds(times.p50), "p90": seconds(times.p90), "p95": seconds(times.p95)}


def seconds(length: timedelta) -> float:
    """Return a length of time in seconds, as a whole number if possible."""
    exact = length.total_seconds()
    return int(exact) if exact.is_integer() else exact


def _target_view(target: Target) -> ReportTargetView:
    return {"seconds": seconds(target.within), "counting": target.counting.value}
