"""Measurements behind the README's figures: ratios within one run, medians of alternating rounds."""
