"""How the tables came to be, one file a step, in order. Steps are only ever added."""
