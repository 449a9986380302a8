"""What people and callers do: post a ticket, acknowledge, reply, pass, merge, resolve; by API, terminal, SMS or call.

Imports every layer of `paging` below it; nothing in `paging.sending` imports it.
"""
