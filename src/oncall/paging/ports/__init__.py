"""What the pager needs from outside, as protocols: the store, the channels, the clock, and the values they exchange.

Imports `paging.domain` only. The edges (`store`, `channels`, `wiring`) implement these protocols.
"""
