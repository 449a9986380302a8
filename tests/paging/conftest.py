from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paging.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Saturday night, 03:12 in New York; ana is primary and ben secondary of every shift; mei is the manager."""
    world = World(tmp_path)
    world.publish()
    yield world
    world.close()
