"""Where answers come from: a server over HTTP, the database of this machine, or the answers kept from last time.

Imports `cli.terminal`. Commands call one function for both, and need not know which one answers.
"""
