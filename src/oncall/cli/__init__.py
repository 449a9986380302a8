"""The terminal: each command parses its options, makes one call into the core or a server, and prints the answer."""
