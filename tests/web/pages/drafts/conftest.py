"""Browsers of a manager, for tests of plan drafts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.browser import Browser
from tests.web.service import Service


@pytest.fixture
def mei(tmp_path: Path) -> Iterator[Browser]:
    """The manager's browser. The published plan gives every shift of the quarter to ana and ben."""
    with Service(tmp_path, is_roster_published=True) as service, Browser(service) as browser:
        browser.sign_in("mei")
        yield browser


@pytest.fixture(scope="module")
def drafting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The same for tests that keep drafts and publish nothing."""
    folder = tmp_path_factory.mktemp("drafting")
    with Service(folder, is_roster_published=True) as service, Browser(service) as browser:
        browser.sign_in("mei")
        yield browser


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The same for tests that store nothing."""
    with Service(tmp_path_factory.mktemp("drafts"), is_roster_published=True) as service, Browser(service) as browser:
        browser.sign_in("mei")
        yield browser
