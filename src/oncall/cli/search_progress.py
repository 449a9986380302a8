"""A search in the terminal: it says where it stands, and Ctrl-C asks it to end."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from typing import TYPE_CHECKING

from oncall.cli.output import tell

if TYPE_CHECKING:
    from oncall.planning.watch import PlanningWatch, SearchHooks
    from oncall.rotation.solve.search import SearchProgress


def terminal_watch() -> PlanningWatch:
    """Sentences and progress on stderr; the first Ctrl-C during a search makes the best plan so far the answer."""
    from oncall.planning.watch import PlanningWatch

    return PlanningWatch(say=tell, search=_search_hooks)


def quiet_watch() -> PlanningWatch:
    """As `terminal_watch`, for searches that are too short to show their progress."""
    from oncall.planning.watch import PlanningWatch

    return PlanningWatch(say=tell, search=_stop_hook)


@contextmanager
def _stop_hook() -> Iterator[SearchHooks]:
    from oncall.planning.watch import SearchHooks

    with interruption() as is_interrupted:
        yield SearchHooks(should_stop=is_interrupted)


@contextmanager
def _search_hooks() -> Iterator[SearchHooks]:
    from oncall.planning.watch import SearchHooks

    with interruption() as is_interrupted, progress_line() as show:
        yield SearchHooks(on_progress=show, should_stop=is_interrupted)


@contextmanager
def interruption() -> Iterator[Callable[[], bool]]:
    """While this lasts, the first Ctrl-C only asks to stop; the next one breaks off as usual."""
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        tell("stopping: the best plan so far will be the answer; Ctrl-C once more breaks off")
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def progress_line() -> Iterator[Callable[[SearchProgress], None]]:
    """Shows progress on stderr: one live line on a terminal, elsewhere a line now and then when something changed."""
    if sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("searching") as status:
            yield lambda progress: status.update(_progress_text(progress))
        return
    told: tuple[int | None, int, str] | None = None
    told_at = timedelta(0)

    def show(progress: SearchProgress) -> None:
        nonlocal told, told_at
        now = (progress.cost, progress.bound, progress.stage)
        # A log need not have every stage that is gone through in passing.
        patience = timedelta(seconds=5 if progress.stage else 1)
        if now != told and progress.elapsed - told_at >= patience:
            told, told_at = now, progress.elapsed
            tell(_progress_text(progress))

    yield show


def _progress_text(progress: SearchProgress) -> str:
    seconds = progress.elapsed.total_seconds()
    if progress.stage:
        return f"{progress.stage} ({seconds:.0f} s)"
    if progress.gap is None:
        return f"searching for a first plan; none can cost less than {progress.bound} ({seconds:.0f} s)"
    return f"cost {progress.cost}, bound {progress.bound}, gap {progress.gap:.1%} ({seconds:.0f} s)"
