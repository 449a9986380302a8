"""Opens the source of the terminal's answers: the database of this machine, or a server (`ONCALL_SERVER`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from oncall.cli.backends.local_backend import LocalBackend
from oncall.cli.backends.remote_backend import RemoteBackend
from oncall.cli.backends.server import open_server

if TYPE_CHECKING:
    from oncall.wiring import Settings

THIS_MACHINE = "http://127.0.0.1:8000"
"""The address of `oncall serve` without options."""


@contextmanager
def open_backend(settings: Settings) -> Iterator[LocalBackend | RemoteBackend]:
    """Open the server that the settings name, or else the local database, which is closed at the end."""
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
        yield LocalBackend(store, wiring.make_clock(settings), wiring.current_user(), public_url=public_url)
