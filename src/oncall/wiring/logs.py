"""The log: one event a line on stderr, each with its `action`, whoever wrote it, and no number in full."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from structlog.typing import Processor

_NUMBER = re.compile(r"(?:\+|%2B)?\d{5,}(?=\d{2}(?!\d))")
"""All but the last two digits of what may be a phone number."""
LIBRARIES = "library"
"""The action of what a library logs: its words are not ours."""


def start_logging() -> None:
    """Log to stderr, one event a line with stable keys: for people on a terminal, JSON elsewhere.

    What libraries log at `warning` and above comes as events too, with numbers masked.
    """
    import structlog

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _mask_traceback,
            _renderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _Events)]:
        root.removeHandler(handler)
    root.addHandler(_Events(logging.WARNING))
    logging.captureWarnings(True)


def _renderer() -> Processor:
    import structlog

    if sys.stderr.isatty():
        return structlog.dev.ConsoleRenderer()
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _mask_traceback(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What an exception quotes is not ours either."""
    if isinstance(event.get("exception"), str):
        event["exception"] = masked(event["exception"])
    return event


class _Events(logging.Handler):
    """Turns what a library logs into an event."""

    def emit(self, record: logging.LogRecord) -> None:
        """Never raises, as logging wants it."""
        import structlog

        try:
            words = masked(self.format(record))
            log = structlog.get_logger("oncall.library").bind(action=LIBRARIES, library=record.name)
            log.log(max(record.levelno // 10 * 10, logging.DEBUG), words)
        except Exception:
            self.handleError(record)


def masked(words: str) -> str:
    """`words` with each number of seven digits or more cut down to its last two."""
    return _NUMBER.sub("...", words)
