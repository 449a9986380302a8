from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.web.chromium.busy_service import Paths, busy_service, fill
from tests.web.chromium.watched import Visits, start_chromium
from tests.web.service import Service


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests. Each test has a context of its own."""
    with sync_playwright() as playwright:
        browser = start_chromium(playwright)
        yield browser
        browser.close()


@dataclass(frozen=True)
class Busy:
    """A service with something of everything, which no test changes."""

    service: Service
    paths: Paths
    visits: Visits


@pytest.fixture(scope="session")
def busy(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Busy]:
    with busy_service(tmp_path_factory.mktemp("busy")) as service:
        yield Busy(service, fill(service), Visits(chromium, service))
