"""`make bench` prints every table. `make bench ONLY="terminal pager"` prints only those."""

from __future__ import annotations

import importlib
import os
import pkgutil
import platform

import bench


def main() -> None:
    """Run the benches that `BENCH_ONLY` names; all of them when it is unset."""
    wanted = os.environ.get("BENCH_ONLY", "").split()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}. Medians; quote ratios.")
    for found in pkgutil.iter_modules(bench.__path__):
        if found.name == "__main__" or (wanted and found.name not in wanted):
            continue
        module = importlib.import_module(f"bench.{found.name}")
        if hasattr(module, "main"):
            module.main()


if __name__ == "__main__":
    main()
