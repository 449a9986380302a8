"""The main job, end to end, on this machine: from a roster to an acknowledged page."""
