"""Training, cross-validation and tuning on a Ray cluster. Nothing here is imported before one was asked for."""
