"""Corpora that are made here and whose true entropy is known."""
