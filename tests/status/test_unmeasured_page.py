"""While the state of a component is not known, the page says so to people; programs get Statuspage's words."""

from __future__ import annotations

from datetime import timedelta

from bs4 import BeautifulSoup

from oncall.status.component_states import ComponentState
from oncall.status.status_actions import OpenIncident
from oncall.status.status_pages import badge_svg, status_html
from oncall.status.statuspage_json import documents
from oncall.status.top_line import NOTHING_MEASURED
from tests.status.watched import PROBE, Watched

ALL_WATCHED = f"""
page: {{name: itopia CAS, url: https://status.example.com}}
components:
  - {{id: portal, name: CAS portal, monitor: '{PROBE}'}}
  - {{id: api, name: A <b>PI</b>, monitor: '{PROBE}'}}
  - {{id: acme-vpn, name: VPN of Acme, monitor: '{PROBE}', customers: [Acme Ltd]}}
"""


def top_of(log: Watched) -> tuple[str, str]:
    """Return the top line of the page, and the line below it that names what is not measured."""
    page = BeautifulSoup(status_html(log.record, "/status/"), "html.parser")
    line, below = page.select_one(".line"), page.select_one("#unmeasured")
    assert line is not None
    return line.get_text().strip(), below.get_text() if below is not None else ""


def test_a_page_on_which_nothing_is_measured_does_not_say_that_all_is_well() -> None:
    log = Watched(ALL_WATCHED)
    log.now += timedelta(minutes=10)
    assert top_of(log) == (f"– {NOTHING_MEASURED}", "Not measured now: CAS portal, A <b>PI</b>.")
    assert NOTHING_MEASURED in badge_svg(log.record) and "✓" not in badge_svg(log.record)
    # Statuspage has no word for it.
    status = {"indicator": "none", "description": "All Systems Operational"}
    assert documents(log.record)["status.json"]["status"] == status


def test_a_component_that_is_not_measured_is_named_below_the_top_line() -> None:
    log = Watched(ALL_WATCHED).looks("+++")
    assert log.record.state_of("portal") is ComponentState.OPERATIONAL
    assert top_of(log) == ("✓ All Systems Operational", "Not measured now: A <b>PI</b>.")
    log.act(OpenIncident("API down", {"api": "major_outage"}))
    assert top_of(log) == ("◐ Partial System Outage", "")


def test_a_page_without_monitors_names_nothing() -> None:
    assert top_of(Watched(ALL_WATCHED.replace(f", monitor: '{PROBE}'", ""))) == ("✓ All Systems Operational", "")
