"""Two pagers without HTTP on one database: they share the work, and outlive a restart of the database's server."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bench.judging import settle
from bench.victims import ALONE, Process, environment, publish
from doubles.loopback import free_port
from doubles.postgres_servers import BundledServer
from doubles.twilio import TwilioDouble
from doubles.twilio_faults import slow
from oncall.paging.domain.ticket import AttemptStatus
from oncall.store.database import open_store
from tests.system.databases import post


@pytest.mark.slow
def test_two_workers_survive_a_restart_of_the_database_and_send_each_page_once(
    server: BundledServer, tmp_path: Path
) -> None:
    with TwilioDouble() as twilio, ExitStack() as running:
        settings = environment(server.url, twilio)
        publish(tmp_path, settings, limits=ALONE)
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


@pytest.mark.slow
def test_a_worker_that_is_told_to_stop_records_what_is_on_the_wire_and_shows_its_metrics(
    empty_postgres: str, tmp_path: Path
) -> None:
    with TwilioDouble() as twilio:
        settings = environment(empty_postgres, twilio)
        publish(tmp_path, settings, limits=ALONE)
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
        assert (attempt.status, attempt.sends) == (AttemptStatus.ACCEPTED, 1)
        log = (tmp_path / "worker.log").read_text(encoding="utf-8")
        assert f"Its metrics are on http://127.0.0.1:{port}/metrics" in log


@pytest.mark.slow
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


def rests(port: int) -> dict[str, float]:
    """Return how many of a worker's pauses each cause ended."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    families = [family for family in text_string_to_metric_families(text) if family.name == "oncall_rests"]
    return {
        one.labels["ended_by"]: one.value for family in families for one in family.samples if one.name.endswith("total")
    }


@pytest.mark.slow
def test_a_worker_is_woken_by_what_another_process_stores_and_does_not_wait_for_its_next_look(
    empty_postgres: str, tmp_path: Path
) -> None:
    names = [f"T-{number}" for number in range(20)]
    with TwilioDouble() as twilio, ExitStack() as running:
        settings = environment(empty_postgres, twilio)
        publish(tmp_path, settings, limits=ALONE)
        port = free_port()
        worker = Process(["worker", "--metrics-port", str(port)], settings, tmp_path / "worker.log", None)
        running.callback(worker.stop)
        worker.start()
        post(empty_postgres, ["first"])
        twilio.wait_for_messages(1)
        before = rests(port)
        for number, name in enumerate(names, start=2):
            post(empty_postgres, [name])
            twilio.wait_for_messages(number)
        after = rests(port)
    assert after["change"] - before["change"] >= len(names)
    # Each came when the worker had nothing to do; had it slept on, each would have had to wait for a pause to end.
    assert after["time"] - before["time"] < len(names) / 2
