"""The SLA report counts the tickets of its days, shows each breach with its timeline, and agrees in every format."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oncall.errors import Refused
from oncall.paging.clocks.clock_book import clocks
from oncall.paging.domain.ticket import Ticket
from oncall.paging.ports.records import TicketSpan
from oncall.reports.pages import sla_page
from oncall.reports.sla_report import Days, SlaReport
from oncall.reports.sla_text import CSV_COLUMNS, breach_lines, csv_of, summary, table, text_of
from oncall.reports.tickets_with_clocks import tickets_with_clocks
from oncall.support.clocks import SlaState
from oncall.support.policy import Metric

from .shop import LATER, NEW_YORK, Shop, at

Pile = Literal["count", "met", "breached", "stopped", "running"]
KEPT = "3 acknowledged, 20 replied, 90 updated, 150 resolved"
LATE = "3 acknowledged, 65 replied, 150 resolved"


def names(report: SlaReport) -> list[str]:
    return [breach.ticket.id for breach in report.breaches]


def first_reply(report: SlaReport, plan: str = "standard") -> tuple[int, int]:
    """Return met and breached first replies of urgent tickets."""
    found = [c for c in report.cells if (c.plan, c.impact, c.metric) == (plan, "urgent", Metric.FIRST_REPLY)]
    return (found[0].counts.met, found[0].counts.breached) if found else (0, 0)


def test_promises_kept_and_not_kept_are_counted(shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-09 03:12", KEPT)
    shop.ticket("T-2", "2027-01-09 04:12", LATE)
    shop.ticket("T-3", "2027-01-09 05:12", KEPT, plan="business-critical")
    report = shop.report()
    assert (report.tickets, first_reply(report), first_reply(report, "business-critical")) == (3, (1, 1), (1, 0))
    assert names(report) == ["T-2"]


def test_a_breach_says_how_late_and_shows_what_happened(shop: Shop) -> None:
    shop.ticket("T-2", "2027-01-09 04:12", LATE)
    lines = list(breach_lines(shop.report(), 20))
    assert lines[:4] == [
        "",
        "T-2 Acme Ltd, standard urgent first reply: due Sat 2027-01-09 05:12 EST, came 5 min late",
        "  No sessions",
        "  Sat 2027-01-09 04:12 EST  received by zendesk: posted",
    ]
    assert "  Sat 2027-01-09 05:17 EST  replied by ana: replied" in lines


def test_a_reply_that_never_came_is_told_apart_from_one_that_is_still_owed(shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-09 03:12", "3 acknowledged, 90 resolved")
    shop.ticket("T-2", "2027-06-30 03:12")
    title = "{} Acme Ltd, standard urgent first reply: due {}, {}"
    told = [line for line in breach_lines(shop.report(last="2027-06-30"), 20) if line.startswith("T-")]
    assert told == [
        title.format("T-1", "Sat 2027-01-09 04:12 EST", "never came"),
        title.format("T-2", "Wed 2027-06-30 04:12 EDT", "has not come yet"),
    ]


def test_what_happened_to_a_ticket_is_told_once_with_all_its_breaches(shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-09 03:12", "3 acknowledged, 65 replied, 70 customer_replied by kim, 400 resolved")
    shop.ticket("T-2", "2027-01-09 04:12", LATE)
    report = shop.report()
    lines = list(breach_lines(report, 20))
    titles = [line for line in lines if line.startswith("T-")]
    assert names(report) == ["T-1", "T-2", *["T-1"] * (len(report.breaches) - 2)]
    assert [title.split(":")[0] for title in titles] == [
        "T-1 Acme Ltd, standard urgent first reply",
        "T-1 Acme Ltd, standard urgent next reply",
        *["T-1 Acme Ltd, standard urgent periodic update"] * (len(report.breaches) - 3),
        "T-2 Acme Ltd, standard urgent first reply",
    ]
    assert sum("received by zendesk" in line for line in lines) == 2
    assert lines.count("  No sessions") == 2


def test_only_the_latest_breaches_are_told_in_full(shop: Shop) -> None:
    for number in range(3):
        shop.ticket(f"T-{number}", f"2027-01-0{number + 5} 03:12", "3 acknowledged, 90 resolved")
    report = shop.report()
    told = list(breach_lines(report, 1))
    assert told[0] == "2 earlier breaches are not shown; --breaches N or --json shows more."
    assert told[2].startswith("T-2 ")
    assert list(breach_lines(report, 0)) == ["3 breaches are not shown; --breaches N or --json shows more."]


def test_the_days_are_those_of_the_policy_s_zone_both_inside(shop: Shop) -> None:
    for name, when in (
        ("before", "01-08 23:59"),
        ("first", "01-09 00:00"),
        ("last", "01-10 23:59"),
        ("after", "01-11 00:00"),
    ):
        shop.ticket(name, f"2027-{when}", "70 replied, 71 resolved")
    assert names(shop.report("2027-01-09", "2027-01-10")) == ["first", "last"]


def test_a_report_can_be_of_one_customer_and_one_plan(shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-09 03:12", KEPT)
    shop.ticket("T-2", "2027-01-09 03:13", KEPT, customer="Zenith", plan="business-critical")
    assert shop.report(customer="Zenith").tickets == 1
    assert shop.report(plan="standard").tickets == 1
    report = shop.report(customer="Zenith", plan="standard")
    assert summary(report) == (
        "SLA report, 2027-01-01 to 2027-03-31, Zenith, standard: 0 tickets, "
        "0 clocks: 0 met, 0 breached, 0 stopped, 0 running; kept -."
    )


def test_days_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(Refused) as caught:
        Days(datetime(2027, 2, 1, tzinfo=UTC).date(), datetime(2027, 1, 1, tzinfo=UTC).date(), NEW_YORK)
    assert (
        str(caught.value) == "2027-01-01 lies before 2027-02-01; name the first date with --from and the last with --to"
    )


@pytest.mark.slow
def test_a_ticket_is_measured_in_bulk_as_it_is_alone(shop: Shop) -> None:
    shop.ticket(
        "T-1", "2027-01-09 03:12", "3 acknowledged, 9 replied, 30 customer_replied by kim, 200 updated, 300 resolved"
    )
    shop.ticket("T-2", "2027-01-09 20:00", "4000 acknowledged, 4100 replied", impact="high")
    shop.ticket("T-3", "2027-01-12 10:00", "5 acknowledged, 6 resolved, 60 reopened by kim, 70 replied")
    wanted = TicketSpan(at("2027-01-01"), at("2027-02-01"), limit=2)
    bulk = shop.store.read(lambda tx: list(tickets_with_clocks(tx, wanted, LATER)))
    assert [one.stored.ticket.id for one in bulk] == ["T-1", "T-2", "T-3"]
    for one in bulk:
        assert one.clocks.clocks == measured_alone(shop, one.stored.ticket).clocks


def measured_alone(shop: Shop, ticket: Ticket) -> SlaState:
    return shop.store.read(lambda tx: clocks(tx, ticket, tx.events(ticket.id), LATER))


_LIVES = st.sampled_from(
    ["", KEPT, LATE, "70 replied", "5 resolved", "3 acknowledged, 9 replied, 11 customer_replied by kim"]
)
_TICKETS = st.lists(
    st.tuples(
        st.integers(0, 60 * 24 * 20),
        st.sampled_from(["urgent", "high", "normal", "low"]),
        st.sampled_from(["standard", "business-critical"]),
        _LIVES,
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_TICKETS)
def test_every_form_of_a_report_holds_the_same_numbers_and_they_add_up(
    tmp_path_factory: pytest.TempPathFactory, tickets: list[tuple[int, str, str, str]]
) -> None:
    shop = Shop(tmp_path_factory.mktemp("shop"))
    for number, (minute, impact, plan, life) in enumerate(tickets):
        when = datetime(2027, 1, 5) + timedelta(minutes=minute)  # noqa: DTZ001
        shop.ticket(f"T-{number}", when.isoformat(), life, impact=impact, plan=plan)
    report = shop.report()
    shop.close()
    view = report.as_json()
    rows = list(csv.DictReader(io.StringIO(csv_of(report))))
    text = table(report)
    piles: tuple[Pile, ...] = ("count", "met", "breached", "stopped", "running")
    for name in piles:
        total = sum(cell[name] for cell in view["cells"])
        assert total == view[name] == sum(int(row[name]) for row in rows)
        column = text[0].index(name)
        assert total == int(text[-1][column]) == sum(int(row[column]) for row in text[1:-1])
    assert view["count"] == sum(view[name] for name in piles[1:])
    assert view["breached"] == len(view["breaches"]) == len(report.breaches)
    assert view["tickets"] == len(tickets)
    assert sum(cell["count"] for cell in view["cells"] if cell["metric"] == "first_reply") >= len(tickets)


def test_csv_has_one_row_for_each_promise(shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-09 03:12", KEPT)
    lines = csv_of(shop.report()).splitlines()
    assert lines[0] == ",".join(CSV_COLUMNS)
    assert lines[1] == "standard,urgent,first_reply,3600,calendar,1,1,0,0,0,1.0,1200,1200,1200"
    assert len(lines) == 3


def test_the_table_says_what_was_promised_and_how_long_it_took(shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-09 03:12", KEPT)
    assert table(shop.report()) == [
        (
            "plan",
            "impact",
            "metric",
            "target",
            "count",
            "met",
            "breached",
            "stopped",
            "running",
            "attained",
            "p50",
            "p90",
            "p95",
        ),
        ("standard", "urgent", "first reply", "1 h", "1", "1", "0", "0", "0", "100.0 %", "20 min", "20 min", "20 min"),
        (
            "standard",
            "urgent",
            "periodic update",
            "4 h",
            "2",
            "1",
            "0",
            "1",
            "0",
            "100.0 %",
            "1 h 10 min",
            "1 h 10 min",
            "1 h 10 min",
        ),
        ("all", "", "", "", "3", "2", "0", "1", "0", "100.0 %", "", "", ""),
    ]


def test_a_breach_that_was_told_and_then_withdrawn_by_a_late_record_is_none(shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-09 03:00", "3 acknowledged, 90 updated, 100 resolved")
    assert shop.report().counts.breached == 1
    shop.ticket("T-2", "2027-01-10 03:00", "3 acknowledged")
    shop.wait("T-2", until="2027-01-10 04:30")
    shop.tell("T-2", "replied", when="2027-01-10 03:20", said="2027-01-10 04:30")
    shop.tell("T-2", "resolved", when="2027-01-10 05:00")
    logs = shop.store.read(lambda tx: tx.events_of(["T-2"]))["T-2"]
    assert [event.kind.value for event in logs if event.kind.value in ("breached", "withdrawn")] == [
        "breached",
        "withdrawn",
    ]
    assert [breach.ticket.id for breach in shop.report().breaches] == ["T-1"]


def withdrawn_once(shop: Shop) -> None:
    """The breach was told at 04:12; at 04:30 a reply of 03:20 is recorded."""
    shop.ticket("T-2", "2027-01-10 03:12", "3 acknowledged")
    shop.wait("T-2", until="2027-01-10 04:30")
    shop.tell("T-2", "replied", when="2027-01-10 03:20", said="2027-01-10 04:30")
    shop.tell("T-2", "resolved", when="2027-01-10 05:00")


def test_a_report_lists_the_breaches_that_were_told_and_withdrawn(shop: Shop) -> None:
    withdrawn_once(shop)
    why = "the first reply due Sun 2027-01-10 04:12 EST was kept: ana recorded replied at Sun 2027-01-10 03:20 EST"
    report = shop.report()
    assert text_of(report, 20).splitlines()[-2:] == [
        "Reported as breached and later withdrawn, because a late record showed that the target was met:",
        f"  T-2 Acme Ltd, withdrawn Sun 2027-01-10 04:30 EST: {why}",
    ]
    assert report.as_json()["withdrawn"] == [
        {
            "ticket": "T-2",
            "customer": "Acme Ltd",
            "subject": "No sessions",
            "metric": "first_reply",
            "due_at": "2027-01-10T04:12:00-05:00",
            "withdrawn_at": "2027-01-10T04:30:00-05:00",
            "by": "ana",
            "why": why,
        }
    ]
    assert f"<li>T-2 Acme Ltd, withdrawn Sun 2027-01-10 04:30 EST: {why}</li>" in sla_page(report)


def test_a_report_without_withdrawn_breaches_does_not_speak_of_them(shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-09 03:00", "3 acknowledged, 90 updated, 100 resolved")
    report = shop.report()
    assert (report.withdrawn, report.as_json()["withdrawn"]) == ((), [])
    assert "withdrawn" not in text_of(report, 20) + sla_page(report)


def test_a_clock_of_a_duplicate_is_counted_once_where_it_goes_on(shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-09 03:12", "3 acknowledged")
    shop.ticket("T-2", "2027-01-09 03:14")
    shop.merge("T-2", into="T-1", when="2027-01-09 03:20")
    shop.tell("T-1", "replied", when="2027-01-09 03:30")
    shop.tell("T-1", "resolved", when="2027-01-09 05:42")
    counts = shop.report().counts
    assert (counts.met, counts.breached, counts.total) == (2, 0, 3)
