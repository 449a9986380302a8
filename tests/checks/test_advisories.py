"""`make check` names each locked package with an advisory, and continues when the advisory service is away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HASH = "0" * 64
ADVISORY = {
    "id": "GHSA-aaaa-bbbb-cccc",
    "summary": "it burns",
    "affected": [
        {
            "package": {"name": "kettle", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2.1"}]}],
        }
    ],
}


@contextmanager
def advisory_service(*, status: int = 200) -> Iterator[str]:
    """Run a service that knows one advisory, on kettle 1.2. Yields the address of its query."""

    class Advisories(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            is_kettle = (asked["package"]["name"], asked["version"]) == ("kettle", "1.2")
            body = json.dumps({"vulns": [ADVISORY]} if is_kettle else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Advisories)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def check(folder: Path, service: str, *packages: str) -> tuple[int, str]:
    lock = folder / "requirements.lock"
    lock.write_text("".join(f"{package} \\\n    --hash=sha256:{HASH}\n" for package in packages))
    environment = {**os.environ, "ONCALL_ADVISORY_URL": service, "ONCALL_LOCK": str(lock)}
    command = [sys.executable, "-m", "checks.advisories"]
    ran = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.stderr == ""
    return ran.returncode, ran.stdout


@pytest.mark.slow
def test_a_locked_package_with_an_advisory_fails_the_check_with_its_name_and_the_fixed_version(tmp_path: Path) -> None:
    with advisory_service() as service:
        answer = check(tmp_path, service, "teapot==3.0", "kettle==1.2")
    assert answer == (1, "advisories: kettle 1.2: GHSA-aaaa-bbbb-cccc; update to 1.2.1\n")


@pytest.mark.slow
def test_a_lock_file_without_advisories_passes(tmp_path: Path) -> None:
    with advisory_service() as service:
        answer = check(tmp_path, service, "teapot==3.0", "kettle==1.2.1")
    assert answer == (0, "advisories: 2 locked packages, none has an advisory\n")


@pytest.mark.slow
@pytest.mark.parametrize("status", [None, 503])
def test_an_advisory_service_that_cannot_be_reached_is_named_and_fails_nothing(
    tmp_path: Path, status: int | None
) -> None:
    words = "advisories: NOT CHECKED: the advisory service cannot be reached; run `make check` again with a network\n"
    if status is None:
        assert check(tmp_path, "http://127.0.0.1:1/v1/query", "kettle==1.2") == (0, words)
        return
    with advisory_service(status=status) as service:
        assert check(tmp_path, service, "kettle==1.2") == (0, words)


def test_make_check_looks_at_the_advisories() -> None:
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ncheck:")[2].partition("\n\n")[0]
    assert "-m checks.advisories" in recipe
