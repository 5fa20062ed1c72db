"""The service: HTTP, limits, start-up and shut-down around the network that `model` runs. Never imports `training`."""
