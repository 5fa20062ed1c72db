"""Training jobs: what is ordered, recorded, queued and run."""
