"""The operations page names every metric, every log action and the subject of every finding."""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client import CollectorRegistry

from oncall.web.server.metrics import Metrics
from oncall.web.server.relay_metrics import RelayMetrics

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SOURCES = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "src" / "oncall").rglob("*.py")))


def test_it_names_every_metric() -> None:
    registry = CollectorRegistry()
    Metrics(registry)
    RelayMetrics(registry)
    names = {f"{family.name}_total" if family.type == "counter" else family.name for family in registry.collect()}
    assert sorted(name for name in names if f"`{name}" not in PAGE) == []


def test_it_names_every_action_of_the_log() -> None:
    actions = set(re.findall(r'action="([a-z_]+)"', SOURCES)) | {"temporary", "ambiguous", "permanent"}
    assert sorted(action for action in actions if f"`{action}`" not in PAGE) == []


def test_it_names_every_subject_that_the_doctor_looks_at() -> None:
    files = sorted((ROOT / "src" / "oncall" / "paging" / "watch").glob("*findings.py"))
    checkup = "".join(path.read_text(encoding="utf-8") for path in files)
    subjects = set(re.findall(r'\b(?:stops|warns|fine)\(\s*"([a-z-]+)"', checkup))
    assert {"schedule", "tokens", "webhooks"} <= subjects
    assert sorted(subject for subject in subjects if f"`{subject}`" not in PAGE) == []
