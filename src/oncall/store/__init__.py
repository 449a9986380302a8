"""Where everything is kept: tables, queries and migrations, for SQLite (the default) and PostgreSQL."""
