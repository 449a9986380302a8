from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.service import Service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Saturday night, 03:12 in New York; ana is primary, ben secondary, mei the manager. It has no tickets."""
    with Service(tmp_path, is_each_urgent_page_alone=True) as running:
        yield running


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The same for all tests of a file: each uses keys of its own."""
    with Service(tmp_path_factory.mktemp("shared"), is_each_urgent_page_alone=True) as running:
        yield running
