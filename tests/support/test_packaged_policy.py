"""The packaged policy says what the published support guidelines say."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from oncall.support.policy import ChannelName, EscalationStep, Metric, Notify, Policy
from oncall.support.policy_file import packaged_policy, packaged_policy_text, read_policy
from oncall.support.windows import WeekSpan, WindowKind
from tests.support.policy_texts import minute

MINUTES = timedelta(minutes=1)
DAY = 24 * 60


@pytest.fixture
def policy() -> Policy:
    return packaged_policy()


def test_business_hours_are_monday_to_friday_from_eight_to_the_end_of_the_minute_seven(policy: Policy) -> None:
    business = [span for span in policy.spans if span.kind is WindowKind.BUSINESS]
    assert business == [WeekSpan(WindowKind.BUSINESS, minute(day, 8, 0), minute(day, 19, 1)) for day in range(5)]


def test_weeknights_are_four_and_the_weekend_is_one_long_window(policy: Policy) -> None:
    nights = [span for span in policy.spans if span.kind is WindowKind.WEEKNIGHT]
    assert nights == [WeekSpan(WindowKind.WEEKNIGHT, minute(day, 19, 1), minute(day + 1, 8, 0)) for day in range(4)]
    assert policy.spans[-1] == WeekSpan(WindowKind.WEEKEND, minute(4, 19, 1), minute(7, 8, 0))


def test_the_spans_are_in_order_and_tile_the_week(policy: Policy) -> None:
    starts = [span.start_minute for span in policy.spans]
    assert starts == sorted(starts)
    assert [span.end_minute for span in policy.spans] == [*starts[1:], starts[0] + 7 * DAY]


def test_two_of_the_four_impacts_page_engineers(policy: Policy) -> None:
    assert list(policy.impacts) == ["urgent", "high", "normal", "low"]
    assert [impact.name for impact in policy.impacts.values() if impact.pages] == ["urgent", "high"]


def test_critical_is_another_word_for_urgent(policy: Policy) -> None:
    assert policy.impacts["urgent"].aliases == ("critical",)


@pytest.mark.parametrize(
    ("plan", "coverages"),
    [
        ("standard", ["24x7", "24x5", "business", "business"]),
        ("business-critical", ["24x7", "24x7", "business", "business"]),
    ],
)
def test_each_plan_covers_what_the_guidelines_promise(policy: Policy, plan: str, coverages: list[str]) -> None:
    assert [promise.coverage.value for promise in policy.plans[plan].promises.values()] == coverages


def test_business_critical_is_faster_in_every_cell(policy: Policy) -> None:
    standard, critical = policy.plans["standard"], policy.plans["business-critical"]
    assert critical.faster_than == "standard"
    for impact, promise in critical.promises.items():
        for metric, target in promise.targets.items():
            assert target.within < standard.promises[impact].targets[metric].within


def test_the_short_names_fit_a_text_message(policy: Policy) -> None:
    assert [plan.short_name for plan in policy.plans.values()] == ["STD", "BC"]


def test_the_steps_are_primary_twice_then_secondary_then_manager(policy: Policy) -> None:
    assert policy.escalation.steps == tuple(
        EscalationStep(notify, ChannelName.SMS, after * MINUTES)
        for notify, after in [
            (Notify.PRIMARY, 0),
            (Notify.PRIMARY, 5),
            (Notify.SECONDARY, 10),
            (Notify.MANAGER, 20),
        ]
    )
    assert (policy.escalation.repeat_every, policy.escalation.desk_after) == (30 * MINUTES, 15 * MINUTES)


def test_everybody_is_reached_before_the_first_reply_is_due(policy: Policy) -> None:
    for plan in policy.plans.values():
        for impact in ("urgent", "high"):
            assert plan.promises[impact].targets[Metric.FIRST_REPLY].within > 35 * MINUTES


def test_its_figures_say_that_they_are_examples() -> None:
    assert "THE FIGURES UNDER `promises` ARE EXAMPLES" in packaged_policy_text()


def test_another_time_zone_changes_nothing_else(policy: Policy) -> None:
    moved = packaged_policy(ZoneInfo("Asia/Kolkata"))
    assert moved.zone == ZoneInfo("Asia/Kolkata")
    assert (moved.spans, moved.plans, moved.escalation) == (policy.spans, policy.plans, policy.escalation)


def test_it_is_the_same_read_from_a_file(policy: Policy, tmp_path: Path) -> None:
    path = tmp_path / "my.policy.yaml"
    path.write_text(packaged_policy_text())
    assert read_policy(path) == policy
    assert read_policy(path).source == str(path)
