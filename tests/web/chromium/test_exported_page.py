"""The exported page in a browser: it needs no server, and says so when it is old."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from oncall.status.status_actions import OpenIncident
from oncall.status.status_export import exported_files
from tests.status.log import MemoryLog

pytestmark = pytest.mark.system_packages


def test_an_exported_page_is_read_without_a_server_and_marked_when_it_is_old(chromium: Browser, tmp_path: Path) -> None:
    log = MemoryLog(now="2027-03-01 12:00")
    log.act(OpenIncident("Portal down", {"portal": "major_outage"}))
    for name, content in exported_files(log.record).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    with chromium.new_context() as context:
        page = context.new_page()
        page.clock.install(time=log.now + timedelta(minutes=14))
        page.goto((tmp_path / "index.html").as_uri())
        assert page.locator(".line").inner_text().endswith("Partial System Outage")
        assert not page.locator("#stale").is_visible()
        page.clock.fast_forward("02:00")
        assert page.locator("#stale").is_visible()
        assert page.locator("#stale").inner_text() == "This page is old: the service that writes it may be down."
        page.get_by_role("link", name="Portal down").first.click()
        assert page.locator("h1").inner_text() == "Portal down"
