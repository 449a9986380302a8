"""Tests of the intake: real and hand-made requests of senders, and what became of them."""
