"""What other systems send: alerts and events in their own formats, read into signals and taken in as tickets."""
