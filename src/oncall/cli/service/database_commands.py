"""`oncall migrate` and `oncall backup`: bring the tables up to date, move the database, and back it up."""

from __future__ import annotations

from pathlib import Path

import typer

from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import counted, local_settings, print_json, say


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    app.command("migrate")(migrate)
    app.command("backup")(backup)


def migrate(
    source: str | None = typer.Option(
        None,
        "--from",
        metavar="URL",
        help="Copy everything from the database at URL into the one of this installation, which must be empty.",
    ),
    pager_stopped: bool = typer.Option(
        False,
        "--pager-stopped",
        help=(
            "Confirm that the pager of the other database is stopped, so that the copy starts although it ran a short "
            "time ago."
        ),
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Bring the database's tables up to this version.

    It is safe to run again. With --from, or an address in ONCALL_MIGRATE_FROM, it also copies everything from another
    database into the one of this installation, which must be empty. If the address has a password, use
    ONCALL_MIGRATE_FROM, because other users of the machine can see options. Stop `oncall serve` on the other database
    first; the copy is refused while a pager runs there.

    Examples: oncall migrate
    · ONCALL_DATABASE_URL=postgresql://db/oncall oncall migrate --from sqlite:////var/lib/oncall/oncall.db
    """
    from oncall import wiring

    settings = local_settings("migrate")
    wiring.migrate_store(settings)
    if not json:
        say("The database is up to date.")
    copied = wiring.copy_store(settings, source, is_pager_stopped=pager_stopped)
    if json:
        print_json({"up_to_date": True, "copied": copied})
    elif copied is not None:
        say(f"Copied {counted(copied, 'row')}.")


def backup(
    file: Path = typer.Argument(metavar="FILE", help="The file to write, which only you may read."),
    force: bool = typer.Option(False, "--force", help="Replace FILE if it exists."),
    json: bool = JSON_OPTION,
) -> None:
    """Back up the SQLite database into one file.

    You can run it while oncall runs. The copy shows the database at one moment, and is checked. It contains phone
    numbers, so keep it private. For PostgreSQL, use pg_dump.

    Example: oncall backup /backup/oncall-2027-01-09.db
    """
    from oncall import wiring

    size = wiring.backup_store(local_settings("backup"), file, may_replace=force)
    if json:
        print_json({"backup": str(file), "bytes": size})
    else:
        say(f"Backed up the database to {file} ({size:,} bytes).")
