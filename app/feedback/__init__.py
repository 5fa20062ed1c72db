"""Corrected labels: taken from clients, counted where they come again, handed to retraining."""
