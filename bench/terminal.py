"""How long a person waits at the terminal: whole processes, beside the bare start of `import typer` in the same run."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.pager import ROSTER

RUNS = 15


def main() -> None:
    """Print the medians and their ratio; the promise is at most 3."""
    print("\nAt the terminal (whole processes, medians)")
    with tempfile.TemporaryDirectory() as folder:
        environment = {"ONCALL_DATABASE_URL": f"sqlite:///{folder}/oncall.db"}
        plan = str(Path(folder) / "plan.csv")
        oncall = [sys.executable, "-m", "oncall.cli.main"]
        year = [str(ROSTER), "--start", "2027-01-04", "--weeks", "52", "--output", plan]
        subprocess.run([*oncall, "generate", *year], env=environment, check=True, capture_output=True)
        publish = [*oncall, "publish", plan, "--roster", str(ROSTER)]
        subprocess.run(publish, env=environment, check=True, capture_output=True)
        who = [*oncall, "who", "--at", "2027-01-09T03:12:00-05:00"]
        bare = [sys.executable, "-c", "import typer"]
        times: dict[str, list[float]] = {"who": [], "bare": []}
        for _ in range(RUNS):
            times["who"].append(_seconds(who, environment))
            times["bare"].append(_seconds(bare, environment))
    asked, start = median(times["who"]), median(times["bare"])
    print(f"oncall who, a published year   {asked * 1000:6.0f} ms")
    print(f"python -c 'import typer'       {start * 1000:6.0f} ms")
    print(f"ratio                          {asked / start:6.2f}")


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
