"""Stand-ins for the outside world that tests, benches and the demo run against, on loopback only."""
