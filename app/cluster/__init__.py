"""The service on a Ray cluster: what a replica of Ray Serve is made of. Only `deployment` and `straight` import Ray."""
