"""The front door: the one place where refusals become messages and exit codes.

It imports next to nothing by itself, so that a Ctrl-C while the commands are loaded ends like any other.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from contextlib import suppress
from types import FrameType

STOPPED = "oncall: stopped by Ctrl-C before it was done"
INTERRUPTED = 130
"""What typer makes of a Ctrl-C that no command took for itself."""


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 refused with a message on stderr, 2 misuse."""
    try:
        _run()
    except BrokenPipeError:
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
        # A library in C that is being loaded makes an ImportError of it.
        if not _is_of_an_interrupt(error):
            raise
        _stopped()


def _run() -> None:
    usual = signal.signal(signal.SIGINT, _leave)
    from oncall.cli.command_tree import app
    from oncall.cli.output import laid_out
    from oncall.errors import FileFaults, OncallError

    signal.signal(signal.SIGINT, usual)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    try:
        try:
            app()
        finally:
            # Here and not when the interpreter ends, where a full disk could no longer be told.
            if sys.stdout is not None:
                sys.stdout.flush()
    except OncallError as error:
        # A fault begins with its place, so that editors can jump to it.
        text = str(error) if isinstance(error, FileFaults) else f"oncall: {error}"
        print(laid_out(text, sys.stderr), file=sys.stderr)  # noqa: T201
        if _is_of_an_interrupt(error):
            _leave_at_once()
        sys.exit(1)


def _leave(number: int, frame: FrameType | None) -> None:
    """What a Ctrl-C does while the commands are loaded: nothing is begun yet, and an exception could be swallowed."""
    os.write(2, f"{STOPPED}\n".encode())
    os._exit(1)


def _is_of_an_interrupt(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, KeyboardInterrupt):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


def _is_of_the_answer(error: OSError) -> bool:
    """Whether standard output could not take the answer: an error with no file to name, of a full or bad disk."""
    return error.filename is None and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def _unwritten(error: OSError) -> None:
    print(f"oncall: the answer cannot be written: {error.strerror}; what there is of it is not whole", file=sys.stderr)  # noqa: T201
    # What is left in the buffer has nowhere to go, and is not to be tried again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(1)


def _stopped() -> None:
    print(STOPPED, file=sys.stderr)  # noqa: T201
    _leave_at_once()


def _leave_at_once() -> None:
    """End the process as a Ctrl-C asks for. An orderly end would take the ground from under threads that a library in C
    has begun and not ended, which abort the process then, with a core dump."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, AttributeError):
            stream.flush()
    os._exit(1)


if __name__ == "__main__":
    main()
