"""Other ways to serve the same network, each in its own environment, and what compares them with Tercet."""
