"""One step a file; `revision` is what `alembic_version` holds afterwards."""
