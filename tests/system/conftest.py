from __future__ import annotations

from tests.store.conftest import empty_postgres, postgres_server

__all__ = ["empty_postgres", "postgres_server"]
