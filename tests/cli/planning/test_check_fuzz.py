"""`oncall check` accepts or refuses any roster or policy, and a refusal names the places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from copy import deepcopy
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.cli.planning.check_command import check
from oncall.errors import FileFaults, OncallError
from oncall.rosters.roster_file import read_roster
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import calendar_of
from oncall.support.policy_file import packaged_policy_text
from tests.cli.conftest import ROSTERS

EVERY_RULE = """\
team: every-rule
timezone: America/New_York
policy: p.policy.yaml
holidays: US
busy: [other.csv]
rotation:
  roles: [primary, secondary]
  weekend: daily
  rest_nights: 1
  weekends_apart: 2
  max_shifts_per_week: 3
  max_shifts_per_month: 9
  requests_weight: 2
  holidays_apart: 2
  fixed:
    - {day: 2027-01-06, role: primary, engineer: ana}
    - {day: 2027-01-18, role: primary, engineer: ben, kind: holiday}
  never_together: [[ana, ben]]
  prefer_together: [[cai, dee], [cai, ana]]
engineers:
  - {id: ana, name: Ana, phone: "+13055550101", email: ana@example.com, timezone: Asia/Kolkata, fte: 0.5}
  - {id: ben, name: Ben, phone: "+13055550102", roles: [primary], joins: 2026-03-01, leaves: 2028-06-30}
  - {id: cai, name: Cai, phone: "+13055550103", unavailable: [{from: 2027-02-15, to: 2027-02-19, leave: true}]}
  - {id: dee, name: Dee, phone: "+13055550104", requests: [{avoid: 2027-03-17}, {prefer: weekends}]}
  - {id: eve, name: Eve, phone: "+13055550105", shadows: {from: 2027-01-04, to: 2027-01-17}}
manager: {id: mei, name: Mei, phone: "+13055550100", email: mei@example.com}
"""
POLICY = packaged_policy_text()
TEXTS = [*(path.read_text(encoding="utf-8") for path in sorted(ROSTERS.glob("*.yaml"))), EVERY_RULE, EVERY_RULE, POLICY]
ODD: list[Any] = [
    None, "", "~", "x", "x" * 300, "a: b", "[", "\u202e", "é", -1, 0, 1, 2, 10**30, 1.5, -0.0, float("nan"),
    float("inf"), True, "yes", [], {}, [[]], [None], [{}], {"a": {"b": []}}, "2027-02-30", "9999-12-31", "0001-01-01",
    "2027-01-06", date(2100, 12, 31), "ana", "ben", ["ana", "ben"], ["ana", "ana"], "primary", ["primary", "primary"],
    "shadow", "Asia/Kathmandu", "../x", "other.csv", "US", "24x7", "4h coverage", "fri 19:01 - mon 07:59", "0m",
    "99999d", {"from": "2027-01-06", "to": "2027-01-05"}, {"day": "2027-01-06", "role": "primary", "engineer": "ben"},
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield every path into a document."""
    if path:
        yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*path, key))


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Draw a good file with a few values replaced, dropped, doubled or moved to another key."""
    document = deepcopy(yaml.safe_load(draw(st.sampled_from(TEXTS))))
    for _ in range(draw(st.integers(1, 4))):
        *way, last = draw(st.sampled_from(list(places(document)) or [("team",)]))
        around = document
        for key in way:
            around = around[key]
        match draw(st.sampled_from(["replace", "replace", "drop", "double", "rename"])):
            case "replace":
                around[last] = deepcopy(draw(st.sampled_from(ODD)))
            case "drop":
                del around[last]
            case "double" if isinstance(around, list):
                around.insert(last, deepcopy(around[last]))
            case _ if isinstance(around, dict):
                around[draw(st.sampled_from(["x", "", 5, "engineers", "from", "roles"]))] = around.pop(last)
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


@st.composite
def typed_over(draw: st.DrawFn) -> str:
    """Draw a good file with a piece of its text replaced by random text."""
    text = draw(st.sampled_from(TEXTS))
    begin = draw(st.integers(0, len(text)))
    typed = draw(
        st.one_of(st.text(max_size=6), st.sampled_from(["[", "{", "- ", ": ", "'", '"', "|", "&a ", "*a", "!!int"]))
    )
    return text[:begin] + typed + text[begin + draw(st.integers(0, 30)) :]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        made = Path(name)
        (made / "p.policy.yaml").write_text(POLICY, encoding="utf-8")
        (made / "other.csv").write_text("start,end,kind,role,engineer\n", encoding="utf-8")
        yield made


def judged(folder: Path, text: str) -> bool:
    """Return True if the file is accepted. A refusal must have a place for each fault."""
    path = folder / "x.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    said = StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(StringIO()):
            check(path, json=False)
    except FileFaults as refusal:
        assert all(re.match(r".*[.](yaml|csv):(\d+:\d+)?", str(fault)) for fault in refusal.faults)
        assert all(fault.line or fault.message.startswith(("is ", "has 1000")) for fault in refusal.faults)
        return False
    assert ": no faults. " in said.getvalue()
    return True


@pytest.mark.slow
@settings(max_examples=60)
@given(documents())
def test_a_file_with_other_values_is_taken_or_refused_with_places(folder: Path, text: str) -> None:
    judged(folder, text)


@pytest.mark.slow
@settings(max_examples=60)
@given(typed_over())
def test_a_file_with_random_edits_is_accepted_or_refused_with_places(folder: Path, text: str) -> None:
    judged(folder, text)


@settings(max_examples=20)
@given(documents())
def test_a_roster_that_is_taken_is_planned_or_refused_with_a_sentence(folder: Path, text: str) -> None:
    if not judged(folder, text) or "engineers:" not in text:
        return
    team = read_roster(folder / "x.yaml")
    first = date(2027, 1, 4)
    calendar = calendar_of(team.policy, team.holidays)
    shifts = shifts_between(calendar, first_day=first, last_day=first + timedelta(days=13), rules=team.rules)
    try:
        assert fairest_plan(team, shifts, time_limit=timedelta(seconds=1)).seats
    except OncallError as refusal:
        assert str(refusal)
