"""The command line: each command parses its options, makes one call into the program or to a server, and prints the
answer.

The sub-packages are layers, lowest first: `terminal`, `backends`, then the commands by subject, side by side:
`tickets`, `schedule`, `planning`, `reports`, `service`, `intake` and `status`; then `completion`. Each layer imports
only layers below it. `main` is the entry point: `command_tree` knows the module of each command, and `quick_answers`
answers the most frequent ones without typer.
"""
