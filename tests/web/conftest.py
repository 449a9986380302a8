from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.service import Service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Saturday night, 03:12 in New York; ana is primary, ben secondary, mei the manager. It has no tickets."""
    with Service(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The same service for all tests of a file that change nothing."""
    with Service(tmp_path_factory.mktemp("quiet")) as running:
        yield running
