"""The store: tables, queries and migrations for SQLite (the default) and PostgreSQL."""
