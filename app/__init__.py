"""The service: HTTP in, class probabilities out. Imports `model`, never `training`."""
