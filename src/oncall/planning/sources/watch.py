"""How a caller follows a planning run: it gets messages, sees the progress of a search, and may stop a search."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oncall.rotation.solve.search import SearchProgress


@dataclass(frozen=True, slots=True)
class SearchHooks:
    """Callbacks of one search. on_progress: called with the progress.

    should_stop: called often; True ends the search.
    """

    on_progress: Callable[[SearchProgress], None] | None = None
    should_stop: Callable[[], bool] | None = None


def _ignore(sentence: str) -> None:
    """Do nothing: the default for callers who want no messages."""


def _no_hooks() -> AbstractContextManager[SearchHooks]:
    return nullcontext(SearchHooks())


@dataclass(frozen=True, slots=True)
class PlanningWatch:
    """Callbacks of a planning run.

    say: called with each message for the user, about what the planner read and about the result. search: a context
    manager around each search; it yields the callbacks for that search.
    """

    say: Callable[[str], None] = _ignore
    search: Callable[[], AbstractContextManager[SearchHooks]] = _no_hooks


def progress_text(progress: SearchProgress) -> str:
    """Return the progress of a search as a short English text."""
    seconds = progress.elapsed.total_seconds()
    if progress.stage:
        return f"{progress.stage} ({seconds:.0f} s)"
    if progress.gap is None:
        return f"searching for a first plan; no plan costs less than {progress.bound} ({seconds:.0f} s)"
    return f"cost {progress.cost}, bound {progress.bound}, gap {progress.gap:.1%} ({seconds:.0f} s)"


SILENT = PlanningWatch()


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How to search for a plan.

    time_limit: the most wall time; None: search until the plan is proven optimal. seed: another seed may give another,
    equally fair plan.
    """

    seed: int = 0
    time_limit: timedelta | None = None
