"""Cross-validation: how good a preset is on rows it has not learnt from, every row once, and how sure that is.

Each fold is learnt as `python -m training train` learns, in a process of its own. Nothing is exported or registered.
"""
