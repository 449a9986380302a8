"""Doubles of the outside world for tests, benches and the demo, on loopback only."""
