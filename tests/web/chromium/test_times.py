"""Times on the pages, checked by the browser's own time zones: three zones, and both nights when the clocks change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser

from oncall.paging.views.ticket_words import left_words
from tests.paging.world import at, ticket_body
from tests.web.chromium.busy_service import posted
from tests.web.chromium.watched import Visits
from tests.web.service import Service

pytestmark = pytest.mark.system_packages
ZONES = ("America/New_York", "America/Los_Angeles", "Asia/Kolkata")
NIGHTS = {"spring": "2027-03-14 00:30", "autumn": "2027-11-07 00:30"}
"""Half an hour past midnight in New York, before its clocks change."""
_CHECKED = r"""() => [...document.querySelectorAll('time[datetime]')].flatMap((each) => {
    const found = each.textContent.match(/^\w{3} (\d{4}-\d{2}-\d{2} \d{2}:\d{2} E[SD]T)/);
    const form = new Intl.DateTimeFormat('en-CA', {timeZone: 'America/New_York', hourCycle: 'h23', year: 'numeric',
        month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', timeZoneName: 'short'});
    const part = Object.fromEntries(form.formatToParts(new Date(each.dateTime)).map(({type, value}) => [type, value]));
    const right = `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute} ${part.timeZoneName}`;
    return found ? [[found[1], right]] : [];
})"""


@pytest.fixture(scope="module", params=NIGHTS)
def night(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, chromium: Browser
) -> Iterator[Visits]:
    """A night when the clocks change, with an urgent ticket and one that is due after the change."""
    folder = tmp_path_factory.mktemp(request.param)
    with Service(folder, now=at(NIGHTS[request.param]), is_roster_published=True) as service:
        for name, impact in (("T-NOW", "urgent"), ("T-LATER", "normal")):
            body = ticket_body(name, impact=impact, plan="business-critical")
            posted(service, body, "/v1/tickets", by="zendesk")
        yield Visits(chromium, service)


@pytest.mark.parametrize("zone", ZONES)
def test_every_time_is_right_whatever_the_zone_of_the_reader(night: Visits, zone: str) -> None:
    with night.tab("mei", zone=zone) as tab:
        for path in ("/board", "/me", "/status"):
            times = tab.open(path).evaluate(_CHECKED)
            assert [shown for shown, _ in times] == [right for _, right in times]
            assert times or path == "/me"
        as_of = tab.page.locator("#as-of")
        local = datetime.fromisoformat(str(as_of.get_attribute("datetime"))).astimezone(ZoneInfo(zone))
        assert f"{local:%b} {local.day}, {local.year}, {local:%I:%M}".replace(" 0", " ") in str(
            as_of.get_attribute("title")
        )
        # A reader of another zone sees their own time without pointing at one, also on a phone.
        own = f", yours {local:%a}" in as_of.inner_text().replace("\u202f", " ")
        assert own is (zone != "America/New_York")


@pytest.mark.parametrize("zone", ZONES)
def test_a_countdown_shows_the_time_that_is_left_and_goes_on_by_itself(night: Visits, zone: str) -> None:
    with night.tab("mei", zone=zone) as tab:
        tab.page.clock.install()
        for name in ("T-LATER", "T-NOW"):
            page = tab.open(f"/board/tickets/{name}")
            clocks = [each for each in night.service.ticket(name)["clocks"] if each["seconds_left"] is not None]
            for each in clocks:
                shown = page.locator(f'[data-due="{each["due_at"]}"]').first.inner_text()
                assert shown in {left_words(each["seconds_left"] + more) for more in (0, 60)}
        left, due_at = min((each["seconds_left"], each["due_at"]) for each in clocks)
        page.clock.fast_forward("02:00:00")
        words = {left_words(left - 7200 + more) for more in (-60, 0, 60)}
        assert page.locator(f'[data-due="{due_at}"]').first.inner_text() in words
