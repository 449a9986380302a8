"""Any text gives a roster or a refusal with places, and the same one each time."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import FileFaults
from oncall.rosters.roster import Roster
from oncall.rosters.roster_file import roster_from_text
from oncall.support.policy_file import packaged_policy

TEXT = (Path(__file__).parents[2] / "rosters" / "small-team.yaml").read_text()
LINES = TEXT.splitlines(keepends=True)


def outcome(text: str) -> Roster | str:
    try:
        return roster_from_text(text, "x.yaml", packaged_policy())
    except FileFaults as refused:
        assert list(refused.faults) == sorted(refused.faults)
        assert all(fault.file == "x.yaml" and fault.message for fault in refused.faults)
        last = text.count("\n") + 1
        assert all(0 <= fault.line <= last for fault in refused.faults)
        return str(refused)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, len(LINES) - 1), max_size=6))
def test_a_roster_with_lines_lost_doubled_or_moved_is_read_or_refused(spoiled: list[int]) -> None:
    lines = list(LINES)
    for number, line in enumerate(spoiled):
        if number % 3 == 0:
            lines[line] = ""
        elif number % 3 == 1:
            lines[line] += LINES[line]
        else:
            lines[line] = " " + lines[line]
    text = "".join(lines)
    assert outcome(text) == outcome(text)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(TEXT) - 1), st.text(max_size=4))
def test_a_roster_with_anything_typed_into_it_is_read_or_refused(place: int, typed: str) -> None:
    outcome(TEXT[:place] + typed + TEXT[place:])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(TEXT) - 1), st.integers(1, 40))
def test_a_roster_with_anything_cut_out_of_it_is_read_or_refused(place: int, length: int) -> None:
    outcome(TEXT[:place] + TEXT[place + length :])
