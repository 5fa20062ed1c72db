"""The version of Tercet; the package metadata takes it from here."""

__version__ = "0.1.0"
