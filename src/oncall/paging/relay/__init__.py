"""The relay: ticket events go to webhooks, and desk notices, breaches and alarms to channels of the team.

Messages are written to the store before they are sent. The relay reads the log that the pager has written and never
takes part in the pager's transactions, so that no page waits for it.
"""
