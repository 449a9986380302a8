"""The demo's environment: a folder, a Twilio double, the real command line and the real service."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from doubles.loopback import free_port
from doubles.twilio import TwilioDouble

PATIENCE = 120.0
"""Real seconds to wait for something that must happen."""


class DemoFailed(Exception):
    """A step of the demo did not succeed."""


def require(claim: bool, words: str) -> None:
    """Print what was checked. Raises DemoFailed when it is false."""
    if not claim:
        raise DemoFailed(words)
    print(f"   ok: {words}")


@dataclass
class Stage:
    """The folder, provider and environment of one run. It neither reads nor changes the user's own settings."""

    folder: Path
    twilio: TwilioDouble
    clock: str
    rate: int
    environment: dict[str, str] = field(init=False)
    port: int = field(init=False)

    def __post_init__(self) -> None:
        self.port = free_port()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ONCALL_", "TWILIO_"))}
        self.environment = kept | {
            "ONCALL_DATABASE_URL": f"sqlite:///{self.folder / 'oncall.db'}",
            "ONCALL_CLOCK": self.clock,
            "ONCALL_CLOCK_RATE": str(self.rate),
            "ONCALL_SMS": "twilio",
            "TWILIO_BASE_URL": self.twilio.base_url,
            "TWILIO_ACCOUNT_SID": self.twilio.account_sid,
            "TWILIO_AUTH_TOKEN": self.twilio.auth_token,
            "TWILIO_FROM": "+15005550006",
            "ONCALL_PUBLIC_URL": self.url,
        }

    @property
    def url(self) -> str:
        """The service's address."""
        return f"http://127.0.0.1:{self.port}"

    def oncall(self, *arguments: str, shows: bool = True, token: str | None = None) -> str:
        """Run a command as a user would, print it with its output, and return its output.

        token: ask the service as this caller, instead of the database.
        """
        remote = {"ONCALL_SERVER": self.url, "ONCALL_TOKEN": token} if token is not None else {}
        if shows:
            asked = f"ONCALL_SERVER={self.url} ONCALL_TOKEN=... " if token is not None else ""
            print(f"\n$ {asked}oncall {shlex.join(arguments)}", flush=True)
        command = [sys.executable, "-m", "oncall.cli.main", *arguments]
        done = subprocess.run(command, env=self.environment | remote, capture_output=True, text=True, check=False)
        if shows:
            print(_indented(done.stdout or done.stderr), flush=True)
        if done.returncode != 0:
            raise DemoFailed(f"`oncall {arguments[0]}` ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    @contextmanager
    def service(self) -> Iterator[None]:
        """Run the API and the pager as a process, and stop it at the end."""
        print(f"\n$ oncall serve --port {self.port} &", flush=True)
        log = (self.folder / "serve.log").open("w")
        command = [sys.executable, "-m", "oncall.cli.main", "serve", "--port", str(self.port)]
        process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        try:
            self.wait(lambda: _answers(f"{self.url}/readyz"), "the service is ready")
            yield
        except BaseException:
            print(_indented((self.folder / "serve.log").read_text()[-3000:]))
            raise
        finally:
            process.terminate()
            try:
                code = process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise DemoFailed("the service did not stop") from None
            finally:
                log.close()
        require(code == 0, "the service stopped when it was told to")

    def post(self, token: str, ticket: Mapping[str, Any]) -> dict[str, Any]:
        """Post a ticket as the intake system would."""
        print(f"\n$ curl -H 'Authorization: Bearer ...' {self.url}/v1/tickets -d '{json.dumps(ticket)}'", flush=True)
        answer = httpx.post(
            f"{self.url}/v1/tickets", json=ticket, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE
        )
        body: dict[str, Any] = answer.json()
        verdict = body.get("verdict", body)
        print(_indented(f"{answer.status_code} {json.dumps(verdict, indent=2)}"), flush=True)
        require(answer.status_code == 202, f"{ticket['id']} was accepted")
        return body

    def wait(self, happened: Callable[[], bool], words: str) -> None:
        """Wait until the claim holds. Raises DemoFailed when it does not in time."""
        deadline = time.monotonic() + PATIENCE
        while not happened():
            if time.monotonic() > deadline:
                raise DemoFailed(f"waited {PATIENCE:.0f} s in vain: {words}")
            time.sleep(0.05)
        print(f"   ok: {words}", flush=True)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _indented(text: str) -> str:
    return "\n".join(f"   {line}" for line in text.rstrip().splitlines())
