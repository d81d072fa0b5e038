"""Figures, each with the words that belong to it."""
