"""What a page looks like: shapes beside colours, a list on a phone, and one sheet of paper."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.web.chromium.conftest import Busy

pytestmark = pytest.mark.system_packages
_SIGN = "(element) => getComputedStyle(element, '::before').content"


def test_each_state_has_a_sign_or_a_word_beside_its_colour(busy: Busy) -> None:
    with busy.visits.tab("mei") as tab:
        page = tab.open("/board?weeks=13")
        changed = page.locator(".grid .duty.changed").all_inner_texts()
        assert {text[1:] for text in changed} == {"◇", "⇄"}
        assert {text[:1] for text in page.locator(".grid .duty").all_inner_texts()} == {"P", "S"}
        for kind, sign in (("leave", "L"), ("away", "A")):
            texts = page.locator(f".grid td.{kind}").all_inner_texts()
            assert sign in texts
            assert all(texts)
        assert "!" in page.locator(".grid .gap").first.inner_text()
        for row in page.locator("tr.late th, tr.near th").all():
            assert row.evaluate(_SIGN) in ('"✕ "', '"▽ "')
        states = tab.open("/status").locator(".component .state").all_inner_texts()
        assert set(states) == {"◐ Partial outage", "✓ Operational"}


def test_a_phone_gets_the_schedule_as_a_list_and_a_desk_as_a_table(busy: Busy) -> None:
    with busy.visits.tab("mei", width=320) as tab:
        page = tab.open("/board?from=2027-01-04")
        expect(page.locator(".grid")).to_be_hidden()
        nights = page.locator(".nights li.rest, .nights ol > li")
        expect(nights.first).to_contain_text("Sat 2027-01-09, today, weekend")
        expect(page.locator(".nights")).to_contain_text("Martin Luther King")
        page.locator(".nights a.duty").first.click()
        expect(page.locator("h2").first).to_be_visible()
        page.go_back()
        page.set_viewport_size({"width": 1400, "height": 900})
        expect(page.locator(".grid")).to_be_visible()
        expect(page.locator(".nights")).to_be_hidden()


@pytest.mark.parametrize("weeks", [4, 13])
def test_the_board_prints_on_one_sheet_of_a3(busy: Busy, weeks: int) -> None:
    with busy.visits.tab("mei") as tab:
        page = tab.open(f"/board?weeks={weeks}")
        paper = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
        assert re.search(rb"/MediaBox\s*\[0 0 11(89|90|91)", paper)
