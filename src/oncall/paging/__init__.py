"""The pager: from a ticket to an acknowledged page, with the SLA clocks of the ticket.

The sub-packages are layers, the lowest first: `domain`, `ports`, `clocks`, `outgoing`, then `sending` and `relay` side
by side, `actions`, then `views` and `watch` side by side. Each imports only layers below it.
"""
