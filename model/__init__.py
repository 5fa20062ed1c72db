"""What training and serving must agree on: tokenizer, padding, network, bundle and registry. Knows nothing of HTTP."""
