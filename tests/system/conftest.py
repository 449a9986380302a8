from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.store.conftest import empty_postgres, postgres_server
from tests.system.databases import Server, own_server

__all__ = ["empty_postgres", "postgres_server"]


@pytest.fixture
def server() -> Iterator[Server]:
    """A PostgreSQL server that the test may stop and start."""
    with own_server() as running:
        yield running
