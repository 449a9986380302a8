from __future__ import annotations

from collections.abc import Iterator

import pytest

from doubles.postgres_servers import BundledServer, bundled_server, new_database
from tests.store.conftest import postgres_server

__all__ = ["postgres_server"]


@pytest.fixture
def empty_postgres(postgres_server: str) -> Iterator[str]:
    """The address of a database without a table, dropped after the test."""
    with new_database(postgres_server) as url:
        yield url


@pytest.fixture
def server() -> Iterator[BundledServer]:
    """A PostgreSQL server that the test may stop and start."""
    with bundled_server() as running:
        yield running
