"""Data sets: taken as an upload, checked by the pipeline's command line, kept by name and content, listed, deleted."""
