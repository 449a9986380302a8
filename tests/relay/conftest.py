"""A store on each database, as the tests of the store have it."""

from tests.store.conftest import debian_postgres_server, postgres_server, store, url

__all__ = ["debian_postgres_server", "postgres_server", "store", "url"]
