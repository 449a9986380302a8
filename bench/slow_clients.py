"""1,500 slow clients of each kind, and one honest one that posts tickets: how many of its posts are answered in time.

Every row runs the real service, alone or behind a proxy. `uvicorn alone` is the same application without the limits of
`oncall.web`. A proxy that is not installed (Debian packages nginx-light and haproxy) has no row.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import IO

import httpx
import psutil

from bench.running import wait_for_port
from bench.victims import environment, publish
from doubles.loopback import free_port
from doubles.slow_clients import KINDS, Behave, SlowClients
from doubles.twilio import TwilioDouble

CLIENTS = 1_500
IN_TIME_SECONDS = 2.0
PER_SECOND = 4
GIVE_UP_AFTER = 5
"""Posts without an answer after which a row ends: the others would get none either."""

NGINX = """\
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  client_header_timeout 10s;
  client_body_timeout 10s;
  send_timeout 10s;
  keepalive_timeout 15s;
  client_max_body_size 64k;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream oncall {{ server 127.0.0.1:{behind}; keepalive 32; }}
  server {{
    listen 127.0.0.1:{port} backlog=2048;
    location / {{
      proxy_pass http://oncall;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
    }}
  }}
}}
"""
HAPROXY = """\
global
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 60s
  timeout http-request 10s
  timeout http-keep-alive 15s
  option http-buffer-request
  option forwardfor
listen oncall
  bind 127.0.0.1:{port} backlog 2048
  server oncall 127.0.0.1:{behind} maxconn 200
"""


@dataclass(frozen=True)
class Server:
    """One server under attack. `has_limits`: with the limits of `oncall.web`. `proxy`: the program in front of it."""

    name: str
    has_limits: bool
    proxy: str | None = None


SERVERS = (
    Server("oncall", has_limits=True),
    Server("uvicorn alone", has_limits=False),
    Server("nginx before uvicorn", has_limits=False, proxy="nginx"),
    Server("haproxy before uvicorn", has_limits=False, proxy="haproxy"),
    Server("nginx before oncall", has_limits=True, proxy="nginx"),
)


def main() -> None:
    """Print one row for each server and kind.

    BENCH_SECONDS: length of a row; 15 when absent. BENCH_FILES: files that each server may open; the machine's limit
    when absent. BENCH_ROWS: words, of which the name of a server must contain one.
    """
    seconds = int(os.environ.get("BENCH_SECONDS", "15"))
    wanted = os.environ.get("BENCH_ROWS", "").lower().split(",")
    print(
        f"\nHonest posts answered within {IN_TIME_SECONDS:g} s beside {CLIENTS} slow clients (real service, loopback)"
    )
    print(f"{'server':24}{'slow clients':22}{'in time':>9}{'median ms':>11}{'max ms':>9}{'peak MiB':>10}")
    for server in SERVERS:
        if not any(word in server.name for word in wanted):
            continue
        if server.proxy is not None and shutil.which(server.proxy) is None:
            print(f"{server.name}: {server.proxy} is not installed")
            continue
        for kind, behave in KINDS.items():
            print(f"{server.name:24}{kind:22}{_row(server, behave, seconds)}", flush=True)


def _row(server: Server, behave: Behave, seconds: int) -> str:
    with tempfile.TemporaryDirectory() as name, TwilioDouble() as twilio, ExitStack() as stack:
        folder = Path(name)
        settings = environment(f"sqlite:///{folder}/oncall.db", twilio)
        token = publish(folder, settings)
        port = free_port()
        served = stack.enter_context(_serving(server, port, settings, folder))
        if server.proxy is not None:
            port = stack.enter_context(_proxy(server.proxy, port, folder))
        address = f"http://127.0.0.1:{port}"
        with SlowClients(address, CLIENTS, behave):
            waits = honest_posts(address, token, seconds * PER_SECOND)
        peak = served.memory_info().rss / 2**20
    answered = [wait for wait in waits if wait is not None]
    share = sum(wait <= IN_TIME_SECONDS for wait in answered) / len(waits)
    middle = f"{median(answered) * 1000:.0f}" if answered else "-"
    worst = f"{max(answered) * 1000:.0f}" if len(answered) == len(waits) else "no answer"
    return f"{share:>9.0%}{middle:>11}{worst:>9}{peak:>10.0f}"


def honest_posts(address: str, token: str, count: int, *, per_second: int = PER_SECOND) -> list[float | None]:
    """Post tickets at a steady rate, each on a connection of its own. Return each post's seconds; None: no answer."""
    waits: list[float | None] = []
    began = time.monotonic()
    for number in range(count):
        if number == GIVE_UP_AFTER and not any(waits):
            return [None] * count
        time.sleep(max(began + number / per_second - time.monotonic(), 0))
        body = {"id": f"H-{number}", "customer": "Acme", "plan": "standard", "impact": "low", "subject": "Hello"}
        posted_at = time.monotonic()
        try:
            answer = httpx.post(
                f"{address}/v1/tickets", json=body, headers={"Authorization": f"Bearer {token}"}, timeout=10.0
            )
        except httpx.HTTPError:
            waits.append(None)
        else:
            waits.append(time.monotonic() - posted_at if answer.status_code == 202 else None)
    return waits


@contextmanager
def _serving(server: Server, port: int, settings: dict[str, str], folder: Path) -> Iterator[psutil.Process]:
    command = ["-m", "oncall.cli.main", "serve"] if server.has_limits else ["-m", "bench.slow_clients"]
    with (folder / "serve.log").open("wb") as log:
        process = _start([sys.executable, *command, "--port", str(port)], log, settings)
        try:
            wait_for_port(port, process)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(command: list[str], log: IO[bytes], settings: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a server that may open BENCH_FILES files."""
    files = os.environ.get("BENCH_FILES")
    if files is not None:
        command = ["sh", "-c", f'ulimit -n {int(files)} && exec "$@"', "sh", *command]
    return subprocess.Popen(command, env=settings, stdout=log, stderr=log)


@contextmanager
def _proxy(program: str, behind: int, folder: Path) -> Iterator[int]:
    port, config = free_port(), folder / "proxy.conf"
    text = NGINX if program == "nginx" else HAPROXY
    config.write_text(text.format(folder=folder, port=port, behind=behind))
    command = [program, "-c", str(config)] if program == "nginx" else [program, "-f", str(config), "-db"]
    with (folder / "proxy.log").open("wb") as log:
        process = _start(command, log)
        try:
            wait_for_port(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=30)


def serve_plainly(port: int) -> None:
    """Run the application on plain uvicorn."""
    import uvicorn

    from oncall.wiring import read_settings
    from oncall.wiring.web_service import make_app

    app = make_app(read_settings(), address=f"http://127.0.0.1:{port}")
    uvicorn.run(app, port=port, http="h11", log_config=None, access_log=False)


if __name__ == "__main__":
    if "--port" in sys.argv:
        serve_plainly(int(sys.argv[-1]))
    else:
        main()
