from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import oncall

from .shop import Shop

__all__ = ["oncall", "shop"]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop without tickets."""
    opened = Shop(tmp_path)
    yield opened
    opened.close()
