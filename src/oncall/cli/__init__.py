"""The terminal: each command parses its options, makes one call into the core or a server, and prints the answer.

The sub-packages are layers, lowest first: `terminal`, `backends`, then the commands by subject, side by side:
`tickets`, `schedule`, `planning`, `reports`, `service`, `intake` and `status`; then `completion`. Each imports only
layers below it. `main` starts here: `command_tree` knows the module of each command, and `quick_answers` answers the
most frequent ones without typer.
"""
