"""How a caller follows a planning run: it takes sentences, shows the progress of a search, and may stop one."""

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
    """Callbacks of one search. should_stop: called many times a second; True ends the search."""

    on_progress: Callable[[SearchProgress], None] | None = None
    should_stop: Callable[[], bool] | None = None


def _ignore(sentence: str) -> None:
    """Drop a sentence that no caller wants."""


def _no_hooks() -> AbstractContextManager[SearchHooks]:
    return nullcontext(SearchHooks())


@dataclass(frozen=True, slots=True)
class PlanningWatch:
    """Callbacks of a planning run.

    say: takes each sentence about the inputs that count and about the result. search: a context manager around each
    search.
    """

    say: Callable[[str], None] = _ignore
    search: Callable[[], AbstractContextManager[SearchHooks]] = _no_hooks


def progress_text(progress: SearchProgress) -> str:
    """Return how far a search is, in words."""
    seconds = progress.elapsed.total_seconds()
    if progress.stage:
        return f"{progress.stage} ({seconds:.0f} s)"
    if progress.gap is None:
        return f"searching for a first plan; no plan costs less than {progress.bound} ({seconds:.0f} s)"
    return f"cost {progress.cost}, bound {progress.bound}, gap {progress.gap:.1%} ({seconds:.0f} s)"


SILENT = PlanningWatch()


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How to search.

    time_limit: wall time; None searches until the proof. seed: a different seed may give a different, equally fair
    plan.
    """

    seed: int = 0
    time_limit: timedelta | None = None
