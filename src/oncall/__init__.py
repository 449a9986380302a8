"""On-call rotations proven fair, and a pager that loses nothing."""

__version__ = "0.1.0"
