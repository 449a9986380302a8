"""Suggestions in the messages about policy, customers and status files build on what was written."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from oncall.errors import FileFaults
from oncall.support.customers import customers_from_text
from oncall.support.policy_file import policy_from_text
from oncall.support.status_file import status_page_from_text
from tests.support.policy_texts import SMALL

STATUS = """\
page: {name: CAS, promise: 99.9, timezone: America/New_York, notice: 72h, partial_weight: 0.3}
components: [{id: portal, name: Portal, core: true}]
"""
CUSTOMERS = """\
customers: [{name: Acme Ltd, plan: standard, account_manager: mei, domains: [acme.example], tags: [vip]}]
"""


def policy_faults(text: str) -> list[str]:
    try:
        policy_from_text(text, "p.yaml")
    except FileFaults as refusal:
        return [fault.message for fault in refusal.faults]
    return []


@pytest.mark.parametrize(
    ("good", "written", "suggested"),
    [
        ("mon-fri 08:00-19:00", "mon-fri 8am-7pm", "mon-fri 08:00-19:00"),
        ("mon-fri 08:00-19:00", "Monday to Friday 08:00 to 19:00", "mon-fri 08:00-19:00"),
        ("mon-fri 08:00-19:00", "mon-fri 8.00-19.00", "mon-fri 08:00-19:00"),
        ("mon-fri 08:00-19:00", "weekdays 8-19", "mon-fri 08:00-19:00"),
        ("mon-fri 08:00-19:00", "08:00-19:00", "mon-fri 08:00-19:00"),
        ("mon-fri 08:00-19:00", "08:00-19:00 mon-fri", "mon-fri 08:00-19:00"),
        ("fri 19:01 - mon 07:59", "fri 19:01 until mon 07:59", "fri 19:01 - mon 07:59"),
        ("60m calendar", "60m", "60m calendar"),
        ("60m calendar", "60 minutes calendar hours", "60m calendar"),
        ("8h coverage", "8 hours of business hours", "8h coverage"),
        ("8h coverage", "8h business", "8h coverage"),
        ("repeat_every: 30m", "repeat_every: 30 minutes", "30m"),
        ("repeat_every: 30m", "repeat_every: half an hour", "30m"),
        ("repeat_every: 30m", "repeat_every: 30", "30m"),
        ("repeat_every: 30m", "repeat_every: 00:30", "30m"),
        ("after: 20%", "after: 20 percent", "20%"),
        ("coverage: business", "coverage: Business", "business"),
        ("coverage: 24x7", "coverage: 24/7", "24x7"),
        ("notify: primary", "notify: primry", "primary"),
        ("channel: voice", "channel: voise", "voice"),
        ("pages: true", "pages: y", "true"),
        ("timezone: Europe/London", "timezone: London", "Europe/London"),
        ("timezone: Europe/London", "timezone: GMT", "Europe/London"),
        ("desk_after: 15m", "desk_after: 15m\n  warn_at: 75", "75%"),
        ("desk_after: 15m", "desk_after: 15m\n  warn_at: 0.75", "75%"),
    ],
)
def test_a_policy_that_follows_the_suggestion_is_read(good: str, written: str, suggested: str) -> None:
    assert good in SMALL
    found = policy_faults(SMALL.replace(good, written, 1))
    assert [each for each in found if suggested in re.split("; |did you", each, maxsplit=1)[1]] == found[:1]
    followed = written.rpartition(": ")[0]
    assert policy_faults(SMALL.replace(good, f"{followed}: {suggested}" if followed else suggested, 1)) == []


@pytest.mark.parametrize(
    ("good", "written", "message"),
    [
        ("promise: 99.9", "promise: 99.9%", '"99.9%" is not a number from 0 to 100; write 99.9'),
        ("promise: 99.9", "promise: '99,9'", '"99,9" is not a number from 0 to 100; write 99.9'),
        ("partial_weight: 0.3", "partial_weight: 30%", '"30%" is not a number from 0 to 1; write 0.3'),
        ("partial_weight: 0.3", "partial_weight: much", '"much" is not a number from 0 to 1; write one like 0.3'),
        ("notice: 72h", "notice: 3 days", '"3 days" is not a length of time; write 3d'),
        ("notice: 72h", "notice: 1.5 days", '"1.5 days" is not a length of time; write 1d12h'),
        (
            "timezone: America/New_York",
            "timezone: EST",
            '"EST" is not a place: its clock stays at UTC-5 all year; write "America/New_York"',
        ),
        ("core: true", "core: y", '"y" is neither true nor false; write true'),
        (
            "id: portal",
            "id: Customer Portal",
            '"Customer Portal" is not a name of 1 to 40 small letters, digits and dashes; write "customer-portal"',
        ),
    ],
)
def test_a_status_file_gets_a_suggestion_from_what_was_written(good: str, written: str, message: str) -> None:
    with pytest.raises(FileFaults) as refused:
        status_page_from_text(STATUS.replace(good, written), "s.yaml", ZoneInfo("UTC"))
    assert [fault.message for fault in refused.value.faults] == [message]


@pytest.mark.parametrize(
    ("good", "written", "message"),
    [
        ("plan: standard", "plan: Standard", '"Standard" is not a plan of the policy; did you mean "standard"?'),
        ("plan: standard", "plan: standrd", '"standrd" is not a plan of the policy; did you mean "standard"?'),
        (
            "[acme.example]",
            "['https://www.acme.example/']",
            '"https://www.acme.example/" is not a mail domain; write "acme.example"',
        ),
        ("[acme.example]", "['@acme.example']", '"@acme.example" is not a mail domain; write "acme.example"'),
        ("[acme.example]", "[it@acme.example]", '"it@acme.example" is not a mail domain; write "acme.example"'),
        ("[acme.example]", "acme.example", '"acme.example" is a single value; a list is expected here: [acme.example]'),
        ("[vip]", "['vip, big']", '"vip, big" is not one tag; write a list of them: [vip, big]'),
        (
            "account_manager: mei",
            "account_manager: Mei Lin",
            '"Mei Lin" is not a name of 1 to 40 small letters, digits and dashes; write "mei-lin"',
        ),
        ("account_manager: mei", "manager: mei", 'is not a known key; did you mean "account_manager"?'),
    ],
)
def test_a_customers_file_gets_a_suggestion_from_what_was_written(good: str, written: str, message: str) -> None:
    with pytest.raises(FileFaults) as refused:
        customers_from_text(CUSTOMERS.replace(good, written), "c.yaml", ["standard", "gold"])
    assert message in [fault.message for fault in refused.value.faults]


@pytest.mark.parametrize("written", ["mon-fri 9-5", "mon-fri 9 to 5", "9-5"])
def test_hours_that_end_in_an_unnamed_afternoon_get_no_wrong_suggestion(written: str) -> None:
    faults = policy_faults(SMALL.replace("mon-fri 08:00-19:00", written, 1))
    assert faults
    assert all("05:00" not in each for each in faults)
