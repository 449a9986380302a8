"""`oncall monitor` in the terminal, with an exporter that answers on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from oncall.support.policy_file import packaged_policy_text
from tests.cli.conftest import SATURDAY_NIGHT, Oncall
from tests.paging.world import STATUS


class Exporter(ThreadingHTTPServer):
    """An exporter that reports what the test sets."""

    success = b"1"


class _Handler(BaseHTTPRequestHandler):
    server: Exporter

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"probe_success " + self.server.success + b"\n")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def exporter() -> Iterator[Exporter]:
    with Exporter(("127.0.0.1", 0), _Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def published(oncall: Oncall, roster: Path, plan: Path, status: str) -> Oncall:
    (roster.parent / "my.policy.yaml").write_text(packaged_policy_text() + "status: status.yaml\n")
    (roster.parent / "status.yaml").write_text(status)
    roster.write_text(roster.read_text().replace("timezone:", "policy: my.policy.yaml\ntimezone:", 1))
    assert oncall("publish", plan, "--roster", roster).code == 0
    return oncall


def looks(oncall: Oncall, monkeypatch: pytest.MonkeyPatch, first: int, number: int) -> list[str]:
    """Look `number` times, every 30 seconds, the first one `first` looks after the start. Returns what was printed."""
    found = []
    for each in range(first, first + number):
        at = datetime.fromisoformat(SATURDAY_NIGHT) + timedelta(seconds=30 * each)
        monkeypatch.setenv("ONCALL_CLOCK", at.isoformat())
        ran = oncall("monitor", "--once")
        assert ran.code == 0, ran.err
        found.append(ran.out + ran.err)
    return found


def test_an_outage_is_proposed_and_a_person_publishes_it(
    oncall: Oncall, roster: Path, plan: Path, exporter: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"http://127.0.0.1:{exporter.server_port}/probe?target=x&module=http_2xx"
    status = STATUS.replace("name: CAS portal,", f"name: CAS portal, monitor: '{address}',")
    page = published(oncall, roster, plan, status.replace("promise: 99.9,", "promise: 99.9, publish_after: 1h,"))
    assert "Not measured" in page("status").out
    assert looks(page, monkeypatch, 0, 3) == ["portal up\n"] * 3
    exporter.success = b"0"
    *_, said = looks(page, monkeypatch, 3, 3)
    (proposal,) = json.loads(page("status", "list", "--json").out)["proposals"]
    assert said == (
        f"portal down\nProposed incident {proposal['id']}. To make it public: oncall status publish {proposal['id']}\n"
    )
    assert page("status").out.endswith(
        f"\nProblem with CAS portal ({proposal['id']}): proposed by the monitor, since Sat 2027-01-09 03:13 EST; not "
        "public. It publishes itself at Sat 2027-01-09 04:14 EST. "
        f"To decide: oncall status publish {proposal['id']}, or dismiss.\n"
    )
    assert page("status", "list").out.splitlines()[1].split() == [
        proposal["id"], "proposed", "Sat", "2027-01-09", "03:13", "EST", "Problem", "with", "CAS", "portal",
    ]  # fmt: skip
    assert page("status", "publish", proposal["id"], "--title", "Portal down").code == 0
    assert page("status").out.startswith("itopia CAS: Partial System Outage\n")
    again = page("status", "dismiss", proposal["id"], "--reason", "none")
    assert (again.code, again.err) == (
        1,
        f"oncall: incident {proposal['id']} is public already; to write on it: oncall status update {proposal['id']}\n",
    )


def test_an_exporter_that_is_away_is_told_and_nothing_is_proposed(
    oncall: Oncall, roster: Path, plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = STATUS.replace("name: CAS portal,", "name: CAS portal, monitor: 'http://127.0.0.1:1/probe?target=x',")
    page = published(oncall, roster, plan, status)
    assert looks(page, monkeypatch, 0, 3) == ["portal silent\n"] * 3
    assert json.loads(page("monitor", "--once", "--json").out) == {"components": {"portal": "silent"}, "proposed": []}
    assert "Not measured" in page("status").out


@pytest.mark.parametrize(
    ("every", "words"),
    [
        ("soon", '"soon" is not a length of time; write one like 90s, 15m, 2h or 1d'),
        ("1s", "1s is out of range; write 5s to 1h, like 30s"),
        ("2h", "2h is out of range; write 5s to 1h, like 30s"),
    ],
)
def test_a_bad_interval_is_misuse(oncall: Oncall, every: str, words: str) -> None:
    ran = oncall("monitor", "--every", every)
    assert ran.code == 2 and words in ran.err


def test_without_a_monitor_the_command_says_what_to_write(oncall: Oncall, roster: Path, plan: Path) -> None:
    ran = published(oncall, roster, plan, STATUS)("monitor")
    assert (ran.code, ran.err) == (
        1,
        "oncall: no component of the status page has a monitor; write one in the status file, like "
        "monitor: http://127.0.0.1:9115/probe?target=https://example.com&module=http_2xx\n",
    )


def test_a_server_does_not_run_the_monitor(oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCALL_SERVER", "http://127.0.0.1:1")
    ran = oncall("monitor", "--once")
    assert (ran.code, ran.err) == (
        1,
        "oncall: `oncall monitor` writes into the database itself: unset ONCALL_SERVER, set ONCALL_DATABASE_URL\n",
    )
