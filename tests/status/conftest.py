"""Readers of a published status page, for tests of subscriptions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.status.readers import Readers


@pytest.fixture
def readers(tmp_path: Path) -> Iterator[Readers]:
    found = Readers(tmp_path)
    yield found
    found.world.close()
