"""Bulk classification: a file of texts in, the same rows with predictions out. `run.run` is the way in.

The engine, the encoder and the limits on a text are those of the service; HTTP plays no part.
"""
