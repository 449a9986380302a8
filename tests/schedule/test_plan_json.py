"""A JSON plan with faults: all faults at once, each with line, column and remedy."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import FileFaults
from oncall.schedule.plan_json import plan_of_json

SHIFT = {
    "start": "2027-01-04T19:01:00-05:00",
    "end": "2027-01-05T08:00:00-05:00",
    "kind": "weeknight",
    "role": "primary",
    "engineer": "ana",
}
WRITE = 'write "2027-01-04T19:01:00-05:00"'


def faults_of_json(text: str) -> list[str]:
    with pytest.raises(FileFaults) as refusal:
        plan_of_json(text, "p.json")
    return str(refusal.value).splitlines()


def document(**changes: Any) -> str:
    whole: dict[str, Any] = {
        "team": "cas-support",
        "timezone": "America/New_York",
        "status": "optimal",
        "shifts": [SHIFT],
    }
    return json.dumps({**whole, **changes}, indent=2)


def test_the_smallest_json_plan_is_read() -> None:
    assert len(plan_of_json(document(), "p.json").seats) == 1


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"team": 3}, "p.json:2:11: team: 3 is not a text; put it in quotes"),
        (
            {"timezone": "Mars/Olympus"},
            'p.json:3:15: timezone: "Mars/Olympus" is not a time zone; write one like "America/New_York"',
        ),
        (
            {"timezone": "America"},
            'p.json:3:15: timezone: "America" is not a time zone; write one like "America/New_York"',
        ),
        (
            {"timezone": "../etc"},
            'p.json:3:15: timezone: "../etc" is not a time zone; write one like "America/New_York"',
        ),
        ({"status": "perfect"}, 'p.json:4:13: status: "perfect" is not a status; write optimal or feasible'),
        ({"status": ["optimal"]}, "p.json:4:13: status: is a list; a single value is expected here"),
        ({"shifts": 3}, "p.json:5:13: shifts: is not a list"),
        ({"shifts": None}, "p.json:5:3: shifts: is empty; write shifts: [...]"),
        (
            {"shifts": [3]},
            'p.json:6:5: shifts[0]: "3" is a single value; keys with values (key: value) are expected here',
        ),
        (
            {"shifts": [{"start": 1, "end": 2, "kind": 3}]},
            'p.json:6:5: shifts[0].engineer: is missing; write engineer: "ana"',
        ),
        ({"shifts": [{**SHIFT, "start": 3}]}, f"p.json:7:16: shifts[0].start: 3 is not a time; {WRITE}"),
        (
            {"shifts": [SHIFT, SHIFT]},
            'p.json:17:15: shifts[1].role: shifts[0] has "primary" of the shift that starts then already; '
            "keep one of them",
        ),
        ({"first_day": "soon"}, 'p.json:14:16: first_day: "soon" is not a date; write one like "2027-01-04"'),
        ({"last_day": 3}, 'p.json:14:15: last_day: 3 is not a date; write one like "2027-01-04"'),
        ({"seed": 1.5}, "p.json:14:11: seed: 1.5 is not a whole number"),
        ({"seed": True}, "p.json:14:11: seed: true is not a whole number"),
        ({"seed": "3"}, 'p.json:14:11: seed: "3" is not a whole number'),
        ({"notes": [1]}, "p.json:15:5: notes[0]: 1 is not a text; put it in quotes"),
        (
            {"fairness": {"cost": "0", "bound": 0, "engineers": []}},
            'p.json:15:13: fairness.cost: "0" is not a whole number',
        ),
        ({"fairness": {"cost": 0, "engineers": []}}, "p.json:14:15: fairness.bound: is missing; write bound: 0"),
        (
            {"fairness": {"cost": 0, "bound": 0, "engineers": [{"engineer": "ana", "weight": 1, "loads": [{}]}]}},
            'p.json:22:11: fairness.engineers[0].loads[0].kind: is missing; write kind: "weekend"',
        ),
    ],
)
def test_a_bad_value_of_a_json_plan_is_shown_with_its_place_and_what_to_write(
    changes: dict[str, Any], fault: str
) -> None:
    assert fault in faults_of_json(document(**changes))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "p.json:1:1: is empty"),
        ("[]", 'p.json:1:1: is no object; a plan begins like {"team": "cas-support", ...'),
        ('{"team":\n x}', "p.json:2:2: is not JSON: Expecting value"),
        ('{"team": NaN}', "p.json:1:10: NaN is not a number"),
        ('{"seed": 12345678901234567890}', "p.json:1:10: seed: 12345678901234567890 is too large a number"),
        ('{"":' * 300 + "1" + "}" * 300, "p.json:1:81: is nested more than 20 levels deep"),
        ("[" * 100_000, "p.json:1:1: is nested more than 20 levels deep"),
    ],
)
def test_what_is_no_json_plan_at_all_is_said_so(text: str, fault: str) -> None:
    assert fault in faults_of_json(text)


def test_a_key_that_stands_twice_is_refused_because_nobody_can_know_which_value_is_meant() -> None:
    assert faults_of_json('{"team": "a",\n "team": "b"}')[-1] == (
        "p.json:2:2: team: is written twice; the first is on line 1"
    )


def test_keys_that_a_later_version_may_add_are_ignored() -> None:
    assert len(plan_of_json(document(colour="red", shifts=[{**SHIFT, "note": None}]), "p.json").seats) == 1


def test_all_faults_of_a_json_plan_come_at_once() -> None:
    assert len(faults_of_json(document(team=1, status="x", shifts=[{**SHIFT, "kind": "24x7", "role": ""}]))) == 4


@settings(max_examples=60, deadline=None)
@given(text=st.text() | st.text(st.sampled_from('{}[]",:0 \nstart,end'), max_size=60))
def test_any_text_is_a_plan_or_a_refusal(text: str) -> None:
    with suppress(FileFaults):
        plan_of_json(text, "p.json")


@pytest.mark.parametrize("field", ["distance", "bound"])
@pytest.mark.parametrize("number", ["1e308", "-1e308", "1e999"])
def test_a_number_that_no_plan_has_is_refused(field: str, number: str) -> None:
    text = document(clumps={"distance": 1.5, "bound": 1.5} | {field: 0.25}).replace("0.25", number)
    (fault,) = faults_of_json(text)
    assert fault.endswith(f"clumps.{field}: {number} is out of range")
