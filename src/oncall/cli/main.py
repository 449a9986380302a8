"""The front door: every command, and the one place where refusals become messages and exit codes."""

from __future__ import annotations

import sys

import typer

from oncall.cli import (
    checking,
    doctor,
    examining,
    ledger,
    planning,
    planning_depth,
    policy,
    rehearsal,
    reports,
    rota,
    service,
    ticketlife,
    tickets,
)
from oncall.errors import FileFaults, OncallError

INTERRUPTED = 130
"""What typer makes of a Ctrl-C that no command took for itself."""

app = typer.Typer(
    name="oncall",
    help="On-call rotations proven fair, and a pager that loses nothing.\n\n"
    "A first walk: oncall check rosters/itopia-cas.yaml, oncall generate, oncall publish, oncall who, oncall serve.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for wing in (
    checking,
    planning,
    planning_depth,
    examining,
    ledger,
    policy,
    rota,
    tickets,
    ticketlife,
    service,
    doctor,
    reports,
    rehearsal,
):
    wing.register(app)


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 refused with a message on stderr, 2 misuse."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    try:
        app()
    except OncallError as error:
        # A fault begins with its place, so that editors can jump to it.
        print(error if isinstance(error, FileFaults) else f"oncall: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except SystemExit as ending:
        if ending.code != INTERRUPTED:
            raise
        print("oncall: stopped by Ctrl-C before it was done", file=sys.stderr)  # noqa: T201
        sys.exit(1)


if __name__ == "__main__":
    main()
