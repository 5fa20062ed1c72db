"""A soak: everything that the service does, all at once and for long, while its processes are killed."""
