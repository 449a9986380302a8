"""The verdict (page, desk or hold) with its reasons, which the preview and the pager share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import Refused
from oncall.paging.domain.pager_events import StepFired
from oncall.paging.domain.verdict import Action, Question, Verdict, verdict
from oncall.paging.views.ticket_view_types import ExplainView
from oncall.paging.views.ticket_views import explain_view
from oncall.schedule.schedule import Schedule
from oncall.support.policy import Policy
from tests.paging.world import MONDAY_MORNING, NEW_YORK, SATURDAY_NIGHT, World, at

TUESDAY = at("2027-01-12 10:00")
TUESDAY_NIGHT = at("2027-01-12 21:00")
KING_DAY = at("2027-01-18 10:00")

HELD = {
    SATURDAY_NIGHT: {"high": "2027-01-11 00:00", "normal": "2027-01-11 08:00", "low": "2027-01-11 08:00"},
    TUESDAY_NIGHT: {"normal": "2027-01-13 08:00", "low": "2027-01-13 08:00"},
    KING_DAY: {"normal": "2027-01-19 08:00", "low": "2027-01-19 08:00"},
}
"""Which tickets of a Standard customer wait outside business hours, and until when."""


@dataclass(frozen=True)
class Scene:
    """A policy and a published schedule: ana and ben on every shift."""

    policy: Policy
    schedule: Schedule

    def judge(self, plan: str, impact: str, moment: datetime) -> Verdict:
        return verdict(Question(plan, impact), self.policy, self.schedule, moment)


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.publish()
        yield Scene(*world.store.read(lambda tx: (tx.policy(), tx.schedule())))
        world.close()


def local(moment: datetime) -> str:
    return moment.astimezone(NEW_YORK).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize("moment", [TUESDAY, TUESDAY_NIGHT, SATURDAY_NIGHT, KING_DAY], ids=local)
@pytest.mark.parametrize("impact", ["urgent", "high", "normal", "low"])
@pytest.mark.parametrize("plan", ["standard", "business-critical"])
def test_every_cell_of_the_promise_pages_waits_or_goes_to_the_desk(
    scene: Scene, plan: str, impact: str, moment: datetime
) -> None:
    found = scene.judge(plan, impact, moment)
    held_until = HELD.get(moment, {}).get(impact)
    if plan == "business-critical" and impact == "high":
        held_until = None
    expected = Action.HOLD if held_until else Action.DESK if moment == TUESDAY else Action.PAGE
    assert found.action is expected
    assert found.hold_until == (at(held_until) if held_until else None)
    assert found.engineer == ("ana" if expected is Action.PAGE else None)
    assert found.at == moment


@pytest.mark.parametrize(
    ("plan", "impact", "moment", "due"),
    [
        ("standard", "urgent", TUESDAY, "2027-01-12 11:00"),
        ("standard", "urgent", SATURDAY_NIGHT, "2027-01-09 04:12"),
        ("business-critical", "urgent", SATURDAY_NIGHT, "2027-01-09 03:57"),
        ("business-critical", "high", SATURDAY_NIGHT, "2027-01-09 04:12"),
        ("standard", "high", TUESDAY_NIGHT, "2027-01-13 01:00"),
        ("standard", "high", at("2027-01-08 22:00"), "2027-01-11 02:00"),
        ("standard", "high", SATURDAY_NIGHT, "2027-01-11 04:00"),
        ("standard", "normal", TUESDAY, "2027-01-13 14:59"),
        ("standard", "normal", SATURDAY_NIGHT, "2027-01-12 12:59"),
        ("business-critical", "normal", KING_DAY, "2027-01-19 16:00"),
        ("standard", "urgent", at("2027-03-14 01:30"), "2027-03-14 03:30"),
    ],
)
def test_the_first_reply_is_due_from_receipt_or_from_the_end_of_the_hold(
    scene: Scene, plan: str, impact: str, moment: datetime, due: str
) -> None:
    assert local(scene.judge(plan, impact, moment).first_reply_due) == due


@pytest.mark.parametrize(
    ("moment", "action"),
    [
        ("2027-01-12 07:59", Action.PAGE),
        ("2027-01-12 08:00", Action.DESK),
        ("2027-01-12 19:00", Action.DESK),
        ("2027-01-12 19:01", Action.PAGE),
        ("2027-01-15 23:59", Action.PAGE),
        ("2027-01-16 00:00", Action.HOLD),
        ("2027-01-17 23:59", Action.HOLD),
        ("2027-01-18 00:00", Action.PAGE),
    ],
)
def test_a_high_ticket_of_a_standard_customer_changes_at_the_minutes_of_the_guidelines(
    scene: Scene, moment: str, action: Action
) -> None:
    assert scene.judge("standard", "high", at(moment)).action is action


def test_a_hold_over_a_holiday_weekend_ends_on_the_next_working_day(scene: Scene) -> None:
    held = scene.judge("standard", "low", at("2027-01-15 20:00"))
    assert held.hold_until == at("2027-01-19 08:00")


def test_the_reasons_for_a_page_in_full(scene: Scene) -> None:
    assert scene.judge("standard", "urgent", SATURDAY_NIGHT).reasons == (
        "Sat 2027-01-09 03:12 EST is in the weekend on-call window, "
        "from Fri 2027-01-08 19:01 EST to Mon 2027-01-11 08:00 EST.",
        "standard covers urgent around the clock (24x7).",
        "primary is ana until Mon 2027-01-11 08:00 EST.",
        "secondary is ben until Mon 2027-01-11 08:00 EST.",
        "First reply is due by Sat 2027-01-09 04:12 EST: 1 h of calendar time.",
    )


def test_the_reasons_for_a_hold_in_full(scene: Scene) -> None:
    assert scene.judge("standard", "high", SATURDAY_NIGHT).reasons == (
        "Sat 2027-01-09 03:12 EST is in the weekend on-call window, "
        "from Fri 2027-01-08 19:01 EST to Mon 2027-01-11 08:00 EST.",
        "standard covers high from Monday 00:00 to Friday 24:00 (24x5).",
        "That is outside its coverage: it is held until Mon 2027-01-11 00:00 EST and judged again then.",
        "First reply is due by Mon 2027-01-11 04:00 EST: 4 h of coverage time.",
    )


def test_the_reasons_for_the_desk_in_full(scene: Scene) -> None:
    window = "Mon 2027-01-11 10:00 EST is in business hours, from Mon 2027-01-11 08:00 EST to Mon 2027-01-11 19:01 EST."
    assert scene.judge("standard", "high", MONDAY_MORNING).reasons == (
        window,
        "standard covers high from Monday 00:00 to Friday 24:00 (24x5).",
        "In business hours the support desk owns tickets; "
        "if nobody has taken it after 15 min, the on-call engineers are paged.",
        "First reply is due by Mon 2027-01-11 14:00 EST: 4 h of coverage time.",
    )
    assert scene.judge("standard", "low", MONDAY_MORNING).reasons[2] == (
        "In business hours the support desk owns tickets."
    )


def test_the_window_of_a_holiday_is_named(scene: Scene) -> None:
    assert scene.judge("standard", "urgent", KING_DAY).reasons[0] == (
        "Mon 2027-01-18 10:00 EST is in the on-call window of a holiday, "
        "from Mon 2027-01-18 08:00 EST to Tue 2027-01-19 08:00 EST."
    )


def test_an_override_is_named_with_its_reason(world: World) -> None:
    world.override("chloe", role="primary", start="2027-01-09 02:00", end="2027-01-09 06:00")
    answer = world.post().answer["verdict"]
    assert answer["engineer"] == "chloe"
    assert "primary is chloe until Sat 2027-01-09 06:00 EST (override: test)." in answer["reasons"]
    world.run()
    world.expect_page("chloe")


def test_with_nothing_published_the_verdict_says_that_nobody_can_be_paged(tmp_path: Path) -> None:
    world = World(tmp_path)
    answer = world.post().answer["verdict"]
    assert "engineer" not in answer
    assert answer["reasons"][2:4] == [
        "No schedule is published: nobody is on call.",
        "No manager is known either: nobody can be paged.",
    ]
    world.advance(timedelta(hours=1))
    world.close()


@pytest.mark.parametrize(
    ("plan", "impact", "message"),
    [
        ("gold", "urgent", '"gold" is not a plan of the policy; write "standard" or "business-critical"'),
        ("standard", "P1", '"P1" is not an impact of the policy; write "urgent", "high", "normal" or "low"'),
        ("", "urgent", '"" is not a plan of the policy; write "standard" or "business-critical"'),
    ],
)
def test_an_unknown_plan_or_impact_is_refused_with_the_known_ones(
    scene: Scene, plan: str, impact: str, message: str
) -> None:
    with pytest.raises(Refused) as caught:
        scene.judge(plan, impact, TUESDAY)
    assert str(caught.value) == message


@pytest.mark.parametrize("impact", ["critical", "CRITICAL", " Urgent ", "urgent"])
@pytest.mark.parametrize("plan", ["standard", "Standard", " STANDARD "])
def test_critical_is_urgent_in_any_letter_case(scene: Scene, plan: str, impact: str) -> None:
    assert scene.judge(plan, impact, TUESDAY_NIGHT) == scene.judge("standard", "urgent", TUESDAY_NIGHT)


def test_the_answer_of_the_intake_is_what_explain_had_said(world: World) -> None:
    for number, impact in enumerate(("urgent", "high", "normal", "low")):
        said = explain(world, "standard", impact)
        answer = world.post(f"T-{number}", impact=impact).answer["verdict"]
        assert {key: value for key, value in said.items() if key in answer} == answer
    world.run()
    world.expect_page("ana")


def explain(world: World, plan: str, impact: str) -> ExplainView:
    return world.store.read(lambda tx: explain_view(plan, impact, tx.policy(), tx.schedule(), world.clock.now()))


QUARTER = at("2027-01-04 00:00")
GAPS: list[dict[str, str]] = [
    {"primary": "ana", "secondary": "ben"},
    {"primary": "grace"},
    {"secondary": "farid"},
    {},
]


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    moment=st.integers(0, 89 * 24 * 3600).map(lambda seconds: QUARTER + timedelta(seconds=seconds)),
    plan=st.sampled_from(["standard", "business-critical"]),
    impact=st.sampled_from(["urgent", "high", "normal", "low"]),
    gaps=st.integers(1, 7),
    override=st.none() | st.tuples(st.sampled_from(["primary", "secondary"]), st.integers(0, 40)),
)
def test_the_preview_is_what_the_pager_then_does(
    moment: datetime, plan: str, impact: str, gaps: int, override: tuple[str, int] | None
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), now=moment)
        world.publish(lambda start: GAPS[start.toordinal() % gaps % len(GAPS)])
        if override is not None:
            role, minutes = override
            begins = moment + timedelta(minutes=minutes)
            ends = begins + timedelta(minutes=12)
            world.override("dmitri", role=role, start=wall(begins), end=wall(ends))
        steps = explain(world, plan, impact)["steps"]
        world.post(impact=impact, plan=plan)
        last = datetime.fromisoformat(steps[-1]["at"])
        world.advance(last - moment + timedelta(minutes=12))
        done = [event for event in world.logged(StepFired) if event.round == 0]
        world.store.close()
        assert steps == [
            {
                "at": event.at.astimezone(NEW_YORK).isoformat(),
                "notify": event.notify,
                "engineer": None if event.to == "desk" else event.to,
                "channel": event.channel,
            }
            for event in done
        ]


def wall(moment: datetime) -> str:
    return moment.astimezone(NEW_YORK).replace(tzinfo=None).isoformat()
