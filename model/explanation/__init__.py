"""What happens to one text inside the network; `model.explanation.explainer` is where to begin."""
