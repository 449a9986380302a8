"""Shows the progress of a search on stderr, and lets Ctrl-C stop the search early."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from typing import TYPE_CHECKING

from oncall.cli.terminal.output import tell

if TYPE_CHECKING:
    from oncall.planning.sources.watch import PlanningWatch, SearchHooks
    from oncall.rotation.solve.search import SearchProgress


def terminal_watch() -> PlanningWatch:
    """Return a watch that reports progress on stderr, and stops the search with its best plan so far at the first
    Ctrl-C.
    """
    from oncall.planning.sources.watch import PlanningWatch

    return PlanningWatch(say=tell, search=_search_hooks)


def quiet_watch() -> PlanningWatch:
    """Return a watch like that of `terminal_watch`, without progress on stderr."""
    from oncall.planning.sources.watch import PlanningWatch

    return PlanningWatch(say=tell, search=_stop_hook)


@contextmanager
def _stop_hook() -> Iterator[SearchHooks]:
    from oncall.planning.sources.watch import SearchHooks

    with interruption() as is_interrupted:
        yield SearchHooks(should_stop=is_interrupted)


@contextmanager
def _search_hooks() -> Iterator[SearchHooks]:
    from oncall.planning.sources.watch import SearchHooks

    with interruption() as is_interrupted, progress_line() as show:
        yield SearchHooks(on_progress=show, should_stop=is_interrupted)


@contextmanager
def interruption() -> Iterator[Callable[[], bool]]:
    """Catch the first Ctrl-C, so that it only asks the search to stop. A second Ctrl-C ends the command.

    Yields a function that returns True once the search should stop.
    """
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        tell("stopping: the best plan so far is the answer; press Ctrl-C again to end without one")
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def progress_line() -> Iterator[Callable[[SearchProgress], None]]:
    """Show progress on stderr: in one live line on a terminal, elsewhere in a new line when something changed.

    Yields the function to call with each progress.
    """
    from oncall.planning.sources.watch import progress_text

    if sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("searching") as status:
            yield lambda progress: status.update(progress_text(progress))
        return
    told: tuple[int | None, int, str] | None = None
    told_at = timedelta(0)

    def show(progress: SearchProgress) -> None:
        nonlocal told, told_at
        now = (progress.cost, progress.bound, progress.stage)
        # A stage that takes no time needs no line in a log.
        patience = timedelta(seconds=5 if progress.stage else 1)
        if now != told and progress.elapsed - told_at >= patience:
            told, told_at = now, progress.elapsed
            tell(progress_text(progress))

    yield show
