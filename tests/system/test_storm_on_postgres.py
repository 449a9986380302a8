"""An unanswered storm on Debian's PostgreSQL: its JIT compiler must not delay the pager."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest

from bench.victims import Process, environment, poster, publish
from doubles.loopback import free_port
from doubles.postgres_servers import debian_server, new_database
from doubles.twilio import TwilioDouble
from tests.paging.world import ticket_body
from tests.system.databases import pages_of

pytestmark = [pytest.mark.system_packages, pytest.mark.slow]

RATE = 20
AT_ONCE, LATER = 60, 20
EVERY_SECONDS = 15 / RATE
"""A further ticket comes every 15 s of policy time."""


@pytest.fixture(scope="module")
def stock_server() -> Iterator[str]:
    """The address of Debian's server with Debian's settings."""
    with debian_server() as url:
        yield url


def storm(url: str, folder: Path) -> tuple[int, set[int]]:
    """Play the storm. Return how many texts went out, and the answers of /readyz. Every ticket must be paged."""
    port = free_port()
    address, colours, pause = f"http://127.0.0.1:{port}", set[int](), threading.Event()
    folder.mkdir()
    with TwilioDouble() as twilio:
        settings = environment(url, twilio) | {"ONCALL_CLOCK_RATE": str(RATE)}
        token = publish(folder, settings)
        service = Process(["serve", "--port", str(port)], settings, folder / "serve.log", address)
        service.start()
        try:
            with poster(address, token) as post:
                for number in range(AT_ONCE):
                    assert post(ticket_body(f"U-{number}"))
                for number in range(AT_ONCE, AT_ONCE + LATER):
                    assert post(ticket_body(f"U-{number}"))
                    colours.add(httpx.get(f"{address}/readyz", timeout=120.0).status_code)
                    pause.wait(EVERY_SECONDS)
            texts = len(twilio.messages)
        finally:
            service.stop()
    pages = pages_of(url, [f"U-{number}" for number in range(AT_ONCE + LATER)])
    assert [name for name, tries in pages.items() if not any(one.sends for one in tries)] == []
    return texts, colours


def test_a_storm_sends_as_many_texts_with_the_compiler_as_without_it(stock_server: str, tmp_path: Path) -> None:
    # Side by side, so that a busy machine slows both alike.
    with new_database(stock_server) as compiled, new_database(stock_server) as interpreted:
        with psycopg.connect(stock_server, autocommit=True) as connection:
            name = interpreted.partition("?")[0].rpartition("/")[2]
            connection.execute(f"ALTER DATABASE {name} SET jit = off")
        with ThreadPoolExecutor(2) as pool:
            runs = [
                pool.submit(storm, url, tmp_path / str(number)) for number, url in enumerate((compiled, interpreted))
            ]
            (texts, colours), (usual, usual_colours) = (run.result() for run in runs)
    print(f"{texts} texts with the compiler, {usual} without; /readyz {colours} and {usual_colours}")
    assert colours == {200}
    assert texts >= 0.85 * usual
