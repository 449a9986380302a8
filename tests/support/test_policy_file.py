"""Reading a policy file: targets, plans and escalation, and the messages of its faults."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import FileFaults
from oncall.support.policy import ChannelName, Counting, Coverage, Metric, Notify, Policy, Target
from oncall.support.policy_file import packaged_policy, policy_from_text
from tests.support.policy_texts import SMALL, refusal, spoiled

MINUTES = timedelta(minutes=1)
DAY = 24 * 60


@pytest.fixture
def policy() -> Policy:
    return packaged_policy()


class TestPromises:
    """Impacts, plans and targets."""

    def test_a_target_may_be_one_text_or_two_keys(self) -> None:
        keys = SMALL.replace("60m calendar", "{within: 1h, counting: calendar}")
        assert policy_from_text(keys, "p.yaml") == policy_from_text(SMALL, "p.yaml")

    @pytest.mark.parametrize(
        ("written", "length"),
        [("90s", 90), ("45m", 2700), ("1h30m", 5400), ("1h 30m", 5400), ("1d", 86400)],
    )
    def test_a_length_of_time_has_units(self, written: str, length: int) -> None:
        text = SMALL.replace("4h calendar", f"{written} calendar").replace("faster_than: std", "")
        target = policy_from_text(text, "p.yaml").plans["std"].promises["urgent"].targets[Metric.PERIODIC_UPDATE]
        assert target == Target(timedelta(seconds=length), Counting.CALENDAR)

    @pytest.mark.parametrize(
        ("written", "message"),
        [
            ("4h", '"4h" does not say which hours count; write "4h coverage" or "4h calendar"'),
            ("4 calendar", '"4" is not a length of time; write 4m for minutes'),
            ("soon calendar", '"soon" is not a length of time; write one like 90s, 15m, 2h or 1d'),
            ("1.5h calendar", '"1.5h" is not a length of time; write 1h30m'),
            ("0m calendar", '"0m calendar" is no time at all; write it like "4h coverage"'),
            ("999d calendar", '"999d" is longer than 366 days'),
            ("08:00", '"08:00" does not say which hours count; write "8h coverage" or "8h calendar"'),
        ],
    )
    def test_a_wrong_target_is_refused_with_an_example(self, written: str, message: str) -> None:
        assert spoiled(("4h calendar", written)) == (
            f"p.yaml:12:101: plans.std.promises.urgent.periodic_update: {message}"
        )

    def test_every_impact_and_every_metric_is_promised_by_every_plan(self) -> None:
        text = SMALL.replace(", periodic_update: 4h calendar", "").replace(
            "      low: {coverage: 24x5", "      lwo: {coverage: 24x5"
        )
        assert refusal(text).splitlines() == [
            "p.yaml:12:15: plans.std.promises.urgent.periodic_update: is missing; write periodic_update: 4h coverage",
            "p.yaml:18:7: plans.pro.promises.low: is missing; write low: {coverage: 24x7, first_reply: 60m calendar, "
            "next_reply: 2h calendar, periodic_update: 4h calendar}",
            'p.yaml:19:7: plans.pro.promises.lwo: is not a known key; did you mean "low"?',
        ]

    def test_an_alias_belongs_to_one_impact(self) -> None:
        assert spoiled(("pages: false", "pages: false, aliases: [urgent]")) == (
            "p.yaml:7:57: impacts.low.aliases[0]: is already the name or an alias of impacts.urgent on line 6"
        )

    def test_a_short_name_belongs_to_one_plan(self) -> None:
        assert spoiled(("short_name: PRO", "short_name: STD")) == (
            "p.yaml:15:17: plans.pro.short_name: is already the short name of plans.std on line 10"
        )

    def test_a_short_name_is_short(self) -> None:
        assert spoiled(("short_name: PRO", "short_name: PROFESSIONAL")) == (
            'p.yaml:15:17: plans.pro.short_name: "PROFESSIONAL" is not a short name of 1 to 8 letters, digits and '
            'dashes; write one like "STD"'
        )

    def test_a_coverage_is_one_of_three(self) -> None:
        assert list(Coverage) == ["24x7", "24x5", "business"]
        assert spoiled(("coverage: 24x5", "coverage: 24x6")) == (
            'p.yaml:19:23: plans.pro.promises.low.coverage: "24x6" is not a coverage; did you mean "24x7"?'
        )


class TestFasterPlan:
    """A plan that must be faster is faster in every cell."""

    def test_a_cell_that_is_as_long_is_refused_by_name(self) -> None:
        assert spoiled(("next_reply: 5h calendar", "next_reply: 9h calendar")) == (
            "p.yaml:19:67: plans.pro.promises.low.next_reply: 9 h is not faster than std's 9 h, but pro is promised to "
            "be faster than std"
        )

    def test_a_cell_that_covers_less_is_refused_by_name(self) -> None:
        refused = spoiled(("urgent: {coverage: 24x7, first_reply: 50m", "urgent: {coverage: 24x5, first_reply: 50m"))
        assert refused.splitlines()[0] == (
            "p.yaml:18:26: plans.pro.promises.urgent.coverage: 24x5 covers less than std's 24x7, but pro is promised "
            "to be faster than std"
        )

    def test_coverage_hours_are_not_faster_than_calendar_hours(self) -> None:
        assert spoiled(
            ("low: {coverage: business, first_reply: 8h coverage", "low: {coverage: business, first_reply: 8h calendar")
        ) == (
            "p.yaml:19:42: plans.pro.promises.low.first_reply: counts coverage hours where std counts calendar hours, "
            "so it may end later, but pro is promised to be faster than std; count calendar hours"
        )

    def test_coverage_hours_around_the_clock_are_calendar_hours(self) -> None:
        assert policy_from_text(SMALL, "p.yaml").plans["pro"].faster_than == "std"

    @pytest.mark.parametrize(("name", "mend"), [("sdt", 'did you mean "std"?'), ("pro", "write std")])
    def test_the_slower_plan_is_another_one_of_the_policy(self, name: str, mend: str) -> None:
        assert spoiled(("faster_than: std", f"faster_than: {name}")) == (
            f'p.yaml:16:18: plans.pro.faster_than: "{name}" is not another plan of this policy; {mend}'
        )


class TestEscalation:
    """Steps come in order, and all of them before the first reply is due."""

    def test_a_step_may_come_at_a_share_of_the_first_reply_time(self) -> None:
        step = policy_from_text(SMALL, "p.yaml").escalation.steps[1]
        assert (step.after, step.after_percent) == (None, 20)
        assert step.delay(timedelta(hours=1)) == timedelta(minutes=12)

    def test_two_steps_may_fire_at_once_by_different_channels(self) -> None:
        text = SMALL.replace(
            "{notify: secondary, channel: voice, after: 20%}", "{notify: primary, channel: voice, after: 0m}"
        )
        assert len(policy_from_text(text, "p.yaml").escalation.steps) == 2

    @pytest.mark.parametrize(
        ("steps", "message"),
        [
            (
                ["notify: primary, channel: sms, after: 10m", "notify: manager, channel: sms, after: 5m"],
                "p.yaml:25:46: escalation.steps[1].after: fires after 5 min, earlier than a step above it; "
                "put the steps in order",
            ),
            (
                ["notify: primary, channel: sms, after: 5m", "notify: primary, channel: sms, after: 5m"],
                "p.yaml:25:46: escalation.steps[1].after: is the same as the step above it; "
                "delete it or give it another time",
            ),
            (
                ["notify: primary, channel: sms, after: 0m", "notify: secondry, channel: pigeon, after: 100%"],
                'p.yaml:25:16: escalation.steps[1].notify: "secondry" is not a target of a step; '
                'did you mean "secondary"?\n'
                'p.yaml:25:35: escalation.steps[1].channel: "pigeon" is not a channel; '
                "write one of sms, voice\n"
                'p.yaml:25:50: escalation.steps[1].after: "100%" is not a share of the first-reply time; '
                "write one from 0% to 99%, like 25%",
            ),
        ],
    )
    def test_steps_that_cannot_be_are_refused(self, steps: list[str], message: str) -> None:
        text = SMALL[: SMALL.index("    - {notify")] + "".join(f"    - {{{step}}}\n" for step in steps)
        assert refusal(text) == message

    @pytest.mark.parametrize(
        ("step", "message"),
        [
            (
                "notify: primary, channel: email",
                '"email" pages nobody; write sms or voice, and a team channel under channels for what all may read',
            ),
            (
                "notify: primary, channel: desk",
                '"desk" is the channel of steps that notify the desk; write sms or voice',
            ),
            ("notify: desk, channel: sms", '"sms" does not reach the desk, which has only its queue; write desk'),
            ("notify: desk, channel: email", '"email" does not reach the desk, which has only its queue; write desk'),
        ],
    )
    def test_a_channel_that_does_not_reach_its_person_is_refused(self, step: str, message: str) -> None:
        changed = spoiled(("notify: primary, channel: sms", step))
        column = 24 if "notify: desk" in step else 27
        assert changed == f"p.yaml:24:{column + 7}: escalation.steps[0].channel: {message}"

    def test_a_step_may_notify_the_desk_in_its_queue(self) -> None:
        text = SMALL.replace("notify: primary, channel: sms", "notify: desk, channel: desk")
        step = policy_from_text(text, "p.yaml").escalation.steps[0]
        assert (step.notify, step.channel) == (Notify.DESK, ChannelName.DESK)

    def test_an_escalation_has_steps(self) -> None:
        text = SMALL[: SMALL.index("  steps:")] + "  steps: []\n"
        assert refusal(text) == (
            "p.yaml:23:10: escalation.steps: is empty; "
            "write at least one step, like {notify: primary, channel: sms, after: 0m}"
        )

    def test_a_round_ends_before_it_begins_again(self) -> None:
        assert spoiled(("20%", "20m"), ("repeat_every: 30m", "repeat_every: 20m")) == (
            "p.yaml:21:17: escalation.repeat_every: the round begins again after 20 min, before its last step at "
            "20 min; write a longer time than that"
        )

    def test_everybody_is_reached_before_the_first_reply_is_due_also_by_way_of_the_desk(self) -> None:
        assert spoiled(("20%", "25m"), ("50m coverage", "40m coverage")) == (
            "p.yaml:18:45: plans.pro.promises.urgent.first_reply: 40 min ends before the last step of the "
            "escalation, which fires 40 min after a ticket comes to the desk; write a longer time, or move "
            "desk_after and the steps"
        )

    def test_percentages_that_put_the_steps_out_of_order_are_refused_cell_by_cell(self) -> None:
        assert spoiled(("after: 0m", "after: 11m")) == (
            "p.yaml:18:45: plans.pro.promises.urgent.first_reply: with 50 min, escalation.steps[1] fires after 10 min, "
            "earlier than the step above it (11 min); change the time or the steps"
        )

    def test_percentages_that_outlast_the_round_are_refused_cell_by_cell(self) -> None:
        assert spoiled(("60m calendar", "200m calendar")) == (
            "p.yaml:12:45: plans.std.promises.urgent.first_reply: with 3 h 20 min, the last step fires after 40 min, "
            "but the round begins again after 30 min; change the time or escalation.repeat_every"
        )


def test_all_faults_of_a_policy_are_reported_at_once_in_file_order() -> None:
    refused = spoiled(
        ("name: small", "name: Small"),
        ("Europe/London", "London"),
        ("pages: true", "pages: maybe"),
        ("short_name: STD", "short_name: S T D"),
        ("  repeat_every: 30m\n", ""),
    )
    assert [line.split(" ")[0] for line in refused.splitlines()] == [
        "p.yaml:1:7:",
        "p.yaml:2:11:",
        "p.yaml:6:37:",
        "p.yaml:10:17:",
        "p.yaml:21:3:",
    ]


def test_an_empty_policy_is_refused_with_every_missing_key() -> None:
    assert [line.split(": ")[1] for line in refusal("{}").splitlines()] == [
        "escalation", "impacts", "name", "on_call", "plans", "timezone",
    ]  # fmt: skip


def test_a_policy_needs_an_impact_and_a_plan() -> None:
    text = "name: x\ntimezone: UTC\non_call: {weekend: mon 08:00 - mon 07:59}\nimpacts: {}\nplans: {}\n"
    assert refusal(text + SMALL[SMALL.index("escalation:") :]).splitlines() == [
        "p.yaml:4:10: impacts: is empty; a policy needs at least one impact",
        "p.yaml:5:8: plans: is empty; a policy needs at least one plan",
    ]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(SMALL) - 1), st.integers(0, 30), st.text(alphabet="ab:-[]{}&*!'\" \n0%", max_size=3))
def test_a_policy_with_anything_typed_over_it_is_read_or_refused(place: int, length: int, typed: str) -> None:
    try:
        policy_from_text(SMALL[:place] + typed + SMALL[place + length :], "p.yaml")
    except FileFaults as refused:
        assert refused.faults
