"""The pager: from a ticket to an acknowledged page, and the clocks of what the customer was promised.

The sub-packages are layers, lowest first: `domain`, `ports`, `clocks`, `outgoing`, `sending`, `actions`, then `views`
and `watch` side by side. Each imports only layers below it.
"""
