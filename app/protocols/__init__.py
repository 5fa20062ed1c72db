"""Protocols of other model servers, so that their clients work here unmodified. All classify as `/predict` does."""
