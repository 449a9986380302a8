"""Report pages are self-contained, escape all text, and show the report's numbers."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from bs4 import BeautifulSoup

from oncall.reports.pages import review_page, sla_page
from oncall.reports.sla_text import summary
from oncall.status.status_actions import OpenIncident
from oncall.status.window_uptime import uptime_of
from oncall.support.windows import Window
from tests.status.log import MemoryLog, at

from .shop import Shop

KEPT = "3 acknowledged, 20 replied, 90 updated, 150 resolved"
NASTY = '<script>alert("x")</script> & "Söhne"'


class Tags(HTMLParser):
    """Every tag with its attributes, and a check that each one is closed."""

    VOID = ("meta", "br", "rect", "line", "circle")

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def pages(shop: Shop) -> list[str]:
    shop.ticket("T-1", "2027-01-09 03:12", KEPT, customer=NASTY, subject=NASTY)
    shop.ticket("T-2", "2027-01-09 03:12", "90 replied", customer=NASTY, subject=NASTY)
    return [sla_page(shop.report(customer=NASTY)), review_page(shop.review(customer=NASTY))]


def test_what_customers_write_is_never_markup(shop: Shop) -> None:
    for page in pages(shop):
        assert "<script" not in page
        assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt; &amp; &#34;Söhne&#34;" in page


def test_a_page_needs_nothing_from_elsewhere_and_runs_nothing(shop: Shop) -> None:
    for page in pages(shop):
        tags = Tags()
        tags.feed(page)
        assert tags.open == []
        assert not {tag for tag, _ in tags.seen} & {"script", "link", "img", "iframe", "object", "a", "form"}
        names = {name for _, attributes in tags.seen for name in attributes}
        assert not {name for name in names if name.startswith("on")} | (names & {"src", "href", "srcset"})
        assert "http" not in page.replace("http-equiv", "")
        assert "@import" not in page
        assert "url(" not in page
        assert "default-src 'none'" in page


def test_a_page_prints_on_a4(shop: Shop) -> None:
    for page in pages(shop):
        assert "@page { size: A4;" in page
        assert "@media print" in page


def test_the_page_shows_the_report_s_own_numbers(shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-09 03:12", KEPT)
    shop.ticket("T-2", "2027-01-09 04:12", "3 acknowledged, 65 replied, 70 resolved")
    report = shop.report()
    page = sla_page(report)
    assert (
        summary(report).split(", ", 1)[1].startswith("2027-01-01 to 2027-03-31: 2 tickets, 5 clocks: 2 met, 1 breached")
    )
    assert "5 clocks: 2 met, 1 breached, 2 stopped, 0 running." in page
    assert "T-2 Acme Ltd, standard urgent first reply: due Sat 2027-01-09 05:12 EST, came 5 min late" in page
    assert page.count('<div class="breach">') == 1


def test_a_ticket_with_two_breaches_is_told_once(shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-09 03:12", "3 acknowledged, 65 replied, 70 customer_replied by kim, 400 replied")
    page = sla_page(shop.report())
    assert page.count("<h3>T-1 Acme Ltd, ") > 1
    assert page.count('<div class="breach">') == 1
    assert page.count('<td class="nowrap">received</td>') == 1


def test_a_report_without_tickets_is_a_page_all_the_same(shop: Shop) -> None:
    page = sla_page(shop.report())
    assert "No ticket was received on these days." in page
    assert "<p>None.</p>" in page


def test_a_quarter_without_tickets_is_shown_beside_the_one_that_had_some(shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-09 03:12", KEPT)
    page = review_page(shop.review("2027Q2"))
    assert "No ticket was received in 2027Q2." in page
    assert "No engineer had to be paged in 2027Q2." in page
    assert "nothing in 2027Q2" in page


@pytest.mark.parametrize(
    "heading",
    [
        "Tickets of each week",
        "Promises kept, against target",
        "Slowest answers",
        "On-call response",
        "Trends",
        "Promises not kept",
    ],
)
def test_the_review_has_every_chapter(shop: Shop, heading: str) -> None:
    shop.ticket("T-1", "2027-01-09 03:12", KEPT)
    assert f"<h2>{heading}</h2>" in review_page(shop.review())


def test_the_review_tells_the_change_since_the_quarter_before(shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-09 03:12", KEPT)
    for number in range(2, 5):
        shop.ticket(f"T-{number}", "2027-04-10 03:12", KEPT)
    page = re.sub(r"\s+", " ", review_page(shop.review("2027Q2")))
    row = (
        '<td class="">tickets</td><td class="number">1</td><td class="number">3</td><td class="number">+2 (+200%)</td>'
    )
    assert row in page


def test_a_review_of_many_breaches_tells_the_latest_and_says_how_many_there_are_besides(shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-09 03:00", "3 acknowledged, 90 replied, 100 resolved")
    review = shop.review()
    many = replace(review, now=replace(review.now, breaches=review.now.breaches * 25))
    page = review_page(many)
    assert page.count("<h3>T-1 Acme Ltd, ") == 20
    assert page.count('<div class="breach">') == 1
    assert "5 earlier ones are not told here; the SLA report of these dates has each of them." in page
    assert "not told here" not in review_page(review)


def test_a_review_prints_the_uptime_of_the_page_and_of_each_part_that_the_customer_may_see(shop: Shop) -> None:
    shop.ticket("T-1", "2027-01-09 03:12", KEPT)
    log = MemoryLog(now="2027-03-01 12:00")
    log.act(OpenIncident("Down", {"acme-vpn": "major_outage"}, at=at("2027-03-01 11:00")))
    window = Window(at("2027-01-01 00:00"), at("2027-04-01 00:00"))
    uptime = uptime_of(log, window, log.now, "Acme Ltd")
    rows = BeautifulSoup(review_page(replace(shop.review(), uptime=uptime)), "html.parser").find_all("tr")
    read = [[cell.text for cell in row.find_all(["th", "td"])] for row in rows]
    assert ["CAS portal", "100.000 %", "100.000 %", "0.0", "85.7"] in read
    assert ["VPN of Acme", "99.929 %", "99.929 %", "60.0", "25.7"] in read
