"""The relay: writes and sends messages to webhooks, team channels, subscribers and customers.

Messages are stored before they are sent. The relay reads the log that the pager has written and never takes part in the
pager's transactions, so that no page waits for it.
"""
