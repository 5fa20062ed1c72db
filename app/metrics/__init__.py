"""Metrics in the form of Prometheus, and drift: what becomes of the numbers that `app.statistics` holds."""
