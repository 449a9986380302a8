"""Escalation steps may notify any role of the roster."""

from __future__ import annotations

from pathlib import Path

import pytest

from oncall.paging.domain.decide import preview
from oncall.rosters.roster_file import read_roster
from oncall.support.policy_file import packaged_policy_text
from tests.paging.world import SATURDAY_NIGHT, World

THIRD = packaged_policy_text().replace(
    "    - {notify: manager, channel: sms, after: 20m}",
    "    - {notify: third, channel: sms, after: 15m}\n    - {notify: manager, channel: sms, after: 20m}",
)
ROSTER = """\
team: t
timezone: America/New_York
policy: p.policy.yaml
rotation: {roles: [primary, secondary, third], rest_nights: 0, weekends_apart: 1}
engineers:
  - {id: ana, name: Ana, phone: "+13055550101"}
  - {id: ben, name: Ben, phone: "+13055550102"}
  - {id: cai, name: Cai, phone: "+13055550103"}
manager: {id: mei, name: Mei, phone: "+13055550100"}
"""


def world(folder: Path, seats: dict[str, str]) -> World:
    (folder / "p.policy.yaml").write_text(THIRD, encoding="utf-8")
    (folder / "r.yaml").write_text(ROSTER, encoding="utf-8")
    made = World(folder, roster=read_roster(folder / "r.yaml"))
    made.publish(seats, policy=THIRD)
    return made


def steps(made: World) -> list[tuple[str, str | None]]:
    policy, schedule = made.store.read(lambda tx: (tx.policy(), tx.schedule()))
    return [
        (str(each.notify), each.engineer) for each in preview("standard", "urgent", policy, schedule, SATURDAY_NIGHT)
    ]


@pytest.mark.parametrize(
    ("third", "expected"),
    [
        ("cai", [("primary", "ana"), ("primary", "ana"), ("secondary", "ben"), ("third", "cai"), ("manager", "mei")]),
        ("ben", [("primary", "ana"), ("primary", "ana"), ("secondary", "ben"), ("manager", "mei")]),
    ],
)
def test_the_engineer_in_a_third_role_is_paged_in_their_turn_and_once(
    tmp_path: Path, third: str, expected: list[tuple[str, str]]
) -> None:
    made = world(tmp_path, {"primary": "ana", "secondary": "ben", "third": third})
    assert steps(made) == expected
    made.close()


def test_without_a_primary_and_a_secondary_the_third_is_the_first_responder(tmp_path: Path) -> None:
    made = world(tmp_path, {"third": "cai"})
    assert steps(made) == [("third", "cai"), ("manager", "mei")]
    made.close()
