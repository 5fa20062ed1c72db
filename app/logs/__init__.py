"""Logging: one line an event on standard error, as text or as JSON. No line holds a text that somebody sent.

`setup` switches it on, `context` says which request or job a line belongs to, `access` is the line of each request.
"""
