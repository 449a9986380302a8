"""Results of the planning use cases as JSON objects, for `--json` and the API. Imports all of `planning`."""
