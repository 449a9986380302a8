"""Every page in Chromium: axe finds nothing, it fits a phone, its targets are large, and the console is empty."""

from __future__ import annotations

import pytest

from tests.web.chromium.conftest import Busy
from tests.web.chromium.page_list import PAGES

pytestmark = pytest.mark.system_packages
FAILED = "Failed to load resource: the server responded with a status of {}"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_fits_a_phone_and_says_nothing_in_the_console(busy: Busy, name: str) -> None:
    row = PAGES[name]
    path, may_say = row.address(busy.paths), [FAILED.format(row.status)] if row.status >= 400 else []
    with busy.visits.tab(row.person, may_say=may_say) as tab:
        page = tab.open(path, row.status)
        assert tab.axe_faults() == []
        assert tab.small_targets() == []
        assert page.locator("h1").count() == 1
        page.set_viewport_size({"width": 320, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, tab.too_wide()
        assert tab.too_wide() == []
        assert tab.small_targets() == []
