"""The HTTP routes, a file per concern. Each endpoint takes HTTP in, makes one call, and gives HTTP out."""
