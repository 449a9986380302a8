"""Starts `oncall` processes without their imports: a parent that has loaded the program forks one for each start.

A fork is a real process with files, sockets and locks of its own, and SIGKILL ends it as it ends any other. The parent
opens nothing and starts no thread before it forks. It reads one JSON line for each request from its standard input.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from bench.victims import Process


class Nursery:
    """The parent process. environment: of all that it starts. Threads may share it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "bench.nursery"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the parent."""
        self._parent.communicate()

    def start(self, arguments: Sequence[str], log: Path) -> int:
        """Start `oncall` with these arguments and return its process id."""
        return self._ask({"arguments": list(arguments), "log": str(log)})

    def end_of(self, pid: int) -> int:
        """Wait until a process has ended and return its exit code, negative for a signal."""
        return self._ask({"pid": pid})

    def _ask(self, request: dict[str, object]) -> int:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        with self._lock:
            self._parent.stdin.write(f"{json.dumps(request)}\n")
            self._parent.stdin.flush()
            return int(self._parent.stdout.readline())


class ForkedProcess(Process):
    """An `oncall` process that a nursery starts."""

    def __init__(self, nursery: Nursery, command: list[str], log: Path, address: str | None) -> None:
        super().__init__(command, {}, log, address)
        self._nursery, self._arguments = nursery, command
        self._pid: int | None = None

    def _spawn(self) -> None:
        self._pid = self._nursery.start(self._arguments, self._log)

    @property
    def is_alive(self) -> bool:
        """Return True if it runs. Only `kill` and `stop` end it, so a process that ended by itself counts as alive."""
        return self._pid is not None

    def kill(self) -> None:
        """Send SIGKILL, so that the process can write nothing more."""
        self._end(signal.SIGKILL)

    def stop(self) -> int | None:
        """Send SIGTERM, then wait. Return its exit code; None when it does not run."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int | None:
        pid, self._pid = self._pid, None
        if pid is None:
            return None
        with suppress(ProcessLookupError):
            os.kill(pid, how)
        return self._nursery.end_of(pid)


_LOADED = (
    "oncall.channels.twilio_voice",
    "oncall.cli.service.service_commands",
    "oncall.store.postgres",
    "oncall.store.sqlite",
    "oncall.wiring.logs",
    "oncall.wiring.page_worker",
    "oncall.wiring.pager",
    "oncall.wiring.web_service",
    "typer.main",
    "uvicorn.lifespan.on",
)
"""What `oncall serve` and `oncall worker` load, with all that these modules load themselves."""


def fork_on_request() -> None:
    """Load the program, then start and await processes until the standard input ends."""
    for name in _LOADED:
        import_module(name)
    # The collector of a fork leaves alone what was loaded here, so its first collection takes no time.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        request = json.loads(line)
        if "pid" in request:
            answer = os.waitstatus_to_exitcode(os.waitpid(request["pid"], 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                _become(request["arguments"], request["log"])
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _become(arguments: Sequence[str], log: str) -> None:
    """Run `oncall` in this process and never return."""
    from oncall.cli.main import main as run

    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, standard in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(ours, standard)
    sys.argv = ["oncall", *arguments]
    run()
    sys.exit(0)


if __name__ == "__main__":
    fork_on_request()
