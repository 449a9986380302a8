"""Checks the locked packages against the public advisories of OSV, with `pip-audit`. `make check` runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

LOCK = Path(__file__).parents[1] / "requirements.lock"
DEADLINE_SECONDS = 120
_ANSWER_SECONDS = 10


class Advisory(TypedDict):
    """One advisory as `pip-audit` reports it."""

    id: str
    fix_versions: list[str]


class Audited(TypedDict, total=False):
    """One locked package as `pip-audit` reports it. skip_reason: why it was not checked, if it was not."""

    name: str
    version: str
    vulns: list[Advisory]
    skip_reason: str


def audited(lock: Path, service: str | None) -> list[Audited] | None:
    """Return what the advisory service says of each package of the lock file, or None if it cannot be reached.

    service: the address of the query of an OSV service; None: the public one.
    """
    command = [sys.executable, "-m", "pip_audit", "-r", str(lock), "--disable-pip", "--require-hashes"]
    command += ["-s", "osv", "-f", "json", "--progress-spinner", "off", "--timeout", str(_ANSWER_SECONDS)]
    command += ["--osv-url", service] if service is not None else []
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_SECONDS)
        packages: list[Audited] = json.loads(ran.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        # Without an answer, pip-audit ends with a traceback and prints no report.
        return None
    return packages


def faults(packages: list[Audited]) -> Iterator[str]:
    """Yield a line for each advisory: the package, the advisory, and the version that fixes it."""
    for package in packages:
        if "skip_reason" in package:
            yield f"{package['name']}: could not be checked: {package['skip_reason']}"
        for advisory in package.get("vulns", ()):
            fixed = " or ".join(advisory["fix_versions"])
            what_to_do = f"update to {fixed}" if fixed else "no version fixes it yet"
            yield f"{package['name']} {package['version']}: {advisory['id']}; {what_to_do}"


def main() -> int:
    """Print the result and return the exit code: 1 if a locked package has an advisory.

    The environment variables ONCALL_ADVISORY_URL and ONCALL_LOCK name another service and another lock file.
    """
    lock = Path(os.environ.get("ONCALL_LOCK") or LOCK)
    packages = audited(lock, os.environ.get("ONCALL_ADVISORY_URL") or None)
    if packages is None:
        print("advisories: NOT CHECKED: the advisory service cannot be reached; run `make check` again with a network")
        return 0
    found = list(faults(packages))
    for line in found:
        print(f"advisories: {line}")
    if not found:
        print(f"advisories: {len(packages)} locked packages, none has an advisory")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
