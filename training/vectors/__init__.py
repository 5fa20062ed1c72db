"""Word vectors: from a GloVe file, the table in the box or a download to an embedding matrix."""
