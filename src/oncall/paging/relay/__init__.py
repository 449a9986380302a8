"""The relay: sends ticket events to webhooks, and desk notices, breaches and alarms to team channels.

Messages are stored before they are sent. The relay reads the log that the pager has written and never takes part in the
pager's transactions, so that no page waits for it.
"""
