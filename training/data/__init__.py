"""Labelled texts: read from a file, checked, and split. `dataset.load_dataset` is the way in.

Knows nothing of tokens, word vectors or networks: what leaves here are texts and class numbers.
"""
