"""The wide part: linear models over n-grams of ids, found in closed form and by convex optimisation.

What they find is two tables and a bias (`tables`), which `model.wide` sums up in the graph that serves.
"""
