"""The log on stderr: one event on a line, each with its `action`, and without whole phone numbers."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from structlog.typing import Processor

_NUMBER = re.compile(r"(?:\+|%2B)?\d{5,}(?=\d{2}(?!\d))")
"""Matches what may be a phone number, without its last two digits."""
LIBRARIES = "library"
"""The `action` of events that a library logs, not oncall itself."""


def start_logging() -> None:
    """Start to log to stderr, one event on a line with stable keys: readable text on a terminal, otherwise JSON.

    Messages of libraries at the level `warning` or above become events, with phone numbers masked.
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
    """Mask phone numbers in the traceback of an event. Returns the event."""
    if isinstance(event.get("exception"), str):
        event["exception"] = masked(event["exception"])
    return event


class _Events(logging.Handler):
    """Turns a library's log records into events."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log one record. Never raises, as the logging module requires."""
        import structlog

        try:
            words = masked(self.format(record))
            log = structlog.get_logger("oncall.library").bind(action=LIBRARIES, library=record.name)
            log.log(max(record.levelno // 10 * 10, logging.DEBUG), words)
        except Exception:
            self.handleError(record)


def masked(words: str) -> str:
    """Return the text with each number of seven or more digits reduced to its last two."""
    return _NUMBER.sub("...", words)
