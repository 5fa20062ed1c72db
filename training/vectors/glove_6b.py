"""Where the real GloVe archive is, and what it is known by."""

GLOVE_6B_URL = "https://nlp.stanford.edu/data/glove.6B.zip"
"""Linked from https://nlp.stanford.edu/projects/glove/; public domain (PDDL 1.0)."""
GLOVE_6B_SHA256 = "617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb"
GLOVE_6B_BYTES = 862_182_613
