"""The entry point of `oncall`. Only this module turns errors into messages and exit codes.

It imports little at first, so that it can handle Ctrl-C while the commands are imported.
"""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

STOPPED = "oncall: stopped by Ctrl-C before it was done"
_MOST_LINES = 200
_MOST_CHARACTERS = 4000
INTERRUPTED = 130
"""The exit code of typer after a Ctrl-C that no command handled."""


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 refused with a message on stderr, 2 wrong use of the command."""
    try:
        _run()
    except BrokenPipeError:
        _drop_unwritten()
        sys.stderr.close()
        sys.exit(1)
    except KeyboardInterrupt:
        _stopped()
    except SystemExit as ending:
        if ending.code != INTERRUPTED:
            raise
        _stopped()
    except OSError as error:
        if not _is_of_the_answer(error):
            raise
        _unwritten(error)
    except Exception as error:
        # A C library turns a Ctrl-C during its import into an ImportError.
        if not _is_of_an_interrupt(error):
            raise
        _stopped()


def _run() -> None:
    usual = signal.signal(signal.SIGINT, _leave)
    from oncall.cli.quick_answers import quick_answer
    from oncall.errors import FileFaults, OncallError

    # A quick command ends before the garbage collector could free anything.
    gc.disable()
    answer = quick_answer(sys.argv[1:])
    if answer is None:
        gc.enable()
        answer = _typer_app()
    signal.signal(signal.SIGINT, usual)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    try:
        try:
            answer()
        finally:
            gc.enable()
            # When the interpreter ends, it is too late to report a full disk.
            if sys.stdout is not None:
                sys.stdout.flush()
    except OncallError as error:
        from oncall.cli.terminal.output import laid_out

        # A fault begins with its place, so that editors can jump to it.
        text = str(error) if isinstance(error, FileFaults) else f"oncall: {error}"
        print(laid_out(_bounded(text), sys.stderr), file=sys.stderr)  # noqa: T201
        if _is_of_an_interrupt(error):
            _leave_at_once()
        sys.exit(1)


def _typer_app() -> Callable[[], None]:
    from oncall.cli.command_tree import make_app

    return make_app(sys.argv[1] if len(sys.argv) > 1 else None)


def _bounded(text: str) -> str:
    """Return a message with control characters escaped, and cut if it is long: it may quote text that others wrote."""
    from oncall.errors import readable

    lines = text.split("\n")
    shown = [readable(line, _MOST_CHARACTERS) for line in lines[:_MOST_LINES]]
    return "\n".join(shown if len(lines) <= _MOST_LINES else [*shown, f"and {len(lines) - _MOST_LINES} more lines"])


def _leave(number: int, frame: FrameType | None) -> None:
    """Handle Ctrl-C while the commands are imported: exit at once, because an import could swallow an exception."""
    os.write(2, f"{STOPPED}\n".encode())
    os._exit(1)


def _is_of_an_interrupt(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, KeyboardInterrupt):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


def _is_of_the_answer(error: OSError) -> bool:
    """Return True if the error came from writing to stdout. Such an error names no file."""
    return error.filename is None and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def _unwritten(error: OSError) -> None:
    message = f"oncall: the answer cannot be written: {error.strerror}; the part that was written is incomplete"
    print(message, file=sys.stderr)  # noqa: T201
    _drop_unwritten()
    sys.exit(1)


def _drop_unwritten() -> None:
    """Discard the text in stdout's buffer, so that the interpreter does not try to write it again when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stopped() -> None:
    print(STOPPED, file=sys.stderr)  # noqa: T201
    _leave_at_once()


def _leave_at_once() -> None:
    """Exit at once with code 1.

    A normal exit would unload C libraries whose threads still run, and the process would abort with a core dump.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, AttributeError):
            stream.flush()
    os._exit(1)


if __name__ == "__main__":
    main()
