"""What the pager needs from outside, as protocols: the store, the channels, the clock, and the values they exchange.

Imports `paging.domain` only. The outer packages (`store`, `channels`, `wiring`) implement these protocols.
"""
