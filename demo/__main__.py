"""`make demo`: a manager plans and publishes a quarter, tickets arrive on a Saturday night, and an engineer is paged.

Every step is asserted; the exit code is 0 only when every step succeeded. The clock runs sixty times as fast.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from demo.stage import DemoFailed, Stage, require
from doubles.twilio import TwilioDouble
from doubles.twilio_account import TwilioMessage
from oncall.rosters.roster_file import read_roster

ROSTER = "rosters/itopia-cas.yaml"
SATURDAY_NIGHT = "2027-01-09T03:12:00-05:00"
RATE = 60


def main() -> int:
    """Run the demo. Return 0 when every step succeeded, else 1."""
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="oncall-demo-") as folder, TwilioDouble(auto_deliver=True) as twilio:
            stage = Stage(Path(folder), twilio, SATURDAY_NIGHT, RATE)
            plan_and_publish(stage)
            page_and_acknowledge(stage)
    except DemoFailed as failure:
        print(f"\nTHE DEMO FAILED: {failure}", file=sys.stderr)
        return 1
    print(f"\nAll of it happened, in {time.monotonic() - began:.0f} seconds. Nothing is left running.")
    return 0


def plan_and_publish(stage: Stage) -> None:
    """Show the manager's part: from YAML to a published schedule that is proven fair."""
    heading("The manager: from a roster to a published, proven fair quarter")
    plan = str(stage.folder / "plan.json")
    stage.oncall("check", ROSTER)
    stage.oncall("generate", ROSTER, "--start", "2027-01-04", "--weeks", "13", "--output", plan)
    require('"optimal"' in Path(plan).read_text(), "the plan is proven optimal")
    stage.oncall("verify", plan, "--roster", ROSTER)
    stage.oncall("fairness", plan, "--roster", ROSTER)
    stage.oncall("publish", plan, "--roster", ROSTER, "--reason", "first quarter")
    stage.oncall("who", "--at", SATURDAY_NIGHT)


def page_and_acknowledge(stage: Stage) -> None:
    """Show the events of the night: three tickets, two pages, one hold, an escalation, an acknowledgement by SMS."""
    heading("Saturday night, 03:12 in New York; a minute passes each second")
    print("   The SMS go through the real Twilio client to a Twilio on this machine's loopback: no phone rings.")
    token = stage.oncall("token", "create", "helpdesk", "--role", "intake", shows=False).strip()
    with stage.service():
        urgent = stage.post(token, ticket("T-1001", "Acme Ltd", "standard", "urgent", "Nobody can start a session"))
        held = stage.post(token, ticket("T-1002", "Acme Ltd", "standard", "high", "Sessions are slow"))
        high = stage.post(token, ticket("T-1003", "Globex", "business-critical", "high", "Backups fail"))
        require(urgent["verdict"]["action"] == "page", "Urgent of a Standard customer pages, day and night")
        require(held["verdict"]["action"] == "hold", "High of a Standard customer is held until Monday 00:00")
        require(high["verdict"]["action"] == "page", "High of a Business-Critical customer pages, day and night")
        wake_and_escalate(stage, urgent["page"]["code"], high["page"]["code"])
        heading("What happened to each ticket")
        for name in ("T-1001", "T-1002", "T-1003"):
            stage.oncall("tickets", "show", name, "--timeline")


def wake_and_escalate(stage: Stage, urgent_code: str, high_code: str) -> None:
    """The primary sleeps; the secondary is paged ten minutes later and answers by SMS."""
    people = {engineer.id: engineer for engineer in read_roster(Path(ROSTER)).engineers}
    by_phone = {engineer.phone: engineer.id for engineer in people.values()}
    heading("The primary is paged, and stays silent; nobody acknowledges T-1001")
    pages = [
        message for message in stage.twilio.wait_for_messages(2) if message.body.endswith((urgent_code, high_code))
    ]
    primary = by_phone[pages[0].to]
    show(pages, by_phone)
    require(len(pages) == 2, f"{primary} got an SMS for each ticket that pages, and none for the one on hold")
    token = stage.oncall("token", "create", primary, "--role", "engineer", shows=False).strip()
    stage.oncall("ack", high_code, token=token)

    def to_others() -> list[TwilioMessage]:
        return [m for m in stage.twilio.messages if m.body.endswith(urgent_code) and by_phone[m.to] != primary]

    stage.wait(lambda: bool(to_others()), "the primary once more after five minutes, then after ten the secondary")
    again = [message for message in stage.twilio.messages if message.body.endswith(urgent_code)]
    require(len(again) == 3, "that makes three messages for T-1001: primary, primary, secondary")
    secondary = by_phone[to_others()[0].to]
    show(to_others(), by_phone)
    heading(f"{people[secondary].name} replies by SMS, signed as Twilio signs: ack {urgent_code.lower()}")
    answer = stage.twilio.inbound(
        people[secondary].phone, f"ack {urgent_code.lower()}", f"{stage.url}/webhooks/twilio/sms"
    )
    require(answer == "T-1001 is yours.", f'the answer is "{answer}"')

    def told() -> list[TwilioMessage]:
        return [m for m in stage.twilio.messages if "is taken by" in m.body and by_phone[m.to] == primary]

    stage.wait(lambda: bool(told()), f"{primary} is told who has it")
    show(told(), by_phone)
    count = len(stage.twilio.messages)
    time.sleep(11)
    require(len(stage.twilio.messages) == count, "eleven minutes later nobody else was woken")


def ticket(ticket_id: str, customer: str, plan: str, impact: str, subject: str) -> dict[str, str]:
    """Return a ticket as an intake system posts it."""
    return {"id": ticket_id, "customer": customer, "plan": plan, "impact": impact, "subject": subject}


def show(messages: list[TwilioMessage], by_phone: dict[str, str]) -> None:
    """Print the messages on the phones."""
    for message in messages:
        print(f"   SMS to {by_phone[message.to]}: {message.body}", flush=True)


def heading(text: str) -> None:
    """Print the title of a new part."""
    print(f"\n--- {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
