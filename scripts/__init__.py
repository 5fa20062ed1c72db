"""Programs for whoever works on Tercet; each says in its docstring how it is run."""
