"""The sources of answers: a server over HTTP, the database of this machine, or the kept answers of a server.

Imports `cli.terminal`. Commands call the same function for each source, and need not know which one answers.
"""
