"""The main job, end to end, on this machine alone: from a roster to an acknowledged page."""
