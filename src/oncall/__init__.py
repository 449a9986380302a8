"""On-call rotations proven fair, and a pager that loses nothing."""
