"""One migration in each file; `revision` is what `alembic_version` holds afterwards."""
