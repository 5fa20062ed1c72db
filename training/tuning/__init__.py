"""Tuning: a search for hyper-parameters that give a lower log loss on inner folds. The outer fold is left alone."""
