"""One migration in each file. After it has run, the table `alembic_version` contains its `revision`."""
