"""Opens the source of a command's answers: the database of this machine, or a server (`ONCALL_SERVER`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from oncall.cli.backends.local_backend import LocalBackend
from oncall.cli.backends.remote_backend import RemoteBackend
from oncall.cli.backends.server import open_server
from oncall.errors import NotFound
from oncall.support.wording import full_time

if TYPE_CHECKING:
    from oncall.store.sql_store import SqlStore
    from oncall.wiring import Settings

THIS_MACHINE = "http://127.0.0.1:8000"
"""The address of `oncall serve` without options."""


@contextmanager
def open_backend(settings: Settings) -> Iterator[LocalBackend | RemoteBackend]:
    """Open the server that the settings name, or else the local database. Closes it at the end."""
    from oncall import wiring
    from oncall.cli.terminal.output import tell

    server = open_server(settings)
    if server is not None:
        yield server
        return
    path = wiring.sqlite_path(settings)
    if path is not None and not path.exists():
        tell(f"{path}: there was no database, so a new one is made; see ONCALL_DATABASE_URL.", colour="yellow")
    with wiring.make_store(settings) as store:
        public_url = settings.public_url or THIS_MACHINE
        clock = wiring.make_clock(settings)
        try:
            yield LocalBackend(store, clock, wiring.current_user(), public_url=public_url)
        except NotFound as unknown:
            hint = _clock_hint(settings, clock.now(), store)
            if not hint:
                raise
            raise NotFound(f"{unknown}. {hint}") from unknown


def _clock_hint(settings: Settings, now: datetime, store: SqlStore) -> str:
    """Return a hint if ONCALL_CLOCK sets a time before the newest change of the schedule; else an empty text."""
    if settings.clock_starts_at is None:
        return ""
    schedule = store.read(lambda tx: tx.schedule())
    latest, zone = max((note.at for note in schedule.log), default=now), schedule.calendar.zone
    # The clock starts anew with each command, so a command right after a change may be some seconds before it.
    if latest - now < timedelta(minutes=1):
        return ""
    return (
        f"ONCALL_CLOCK sets this command's clock to {full_time(now, zone)}, which is before the latest change of the "
        f"schedule, {full_time(latest, zone)}; set it to a later time"
    )
