"""Takes in what other systems send: reads alerts and events in their own formats as signals, which change tickets."""
