"""The migrations of the tables, in order, one file each. Add new files; never change old ones."""
