"""Drawings that explain: nothing in them was measured. One module a chapter."""
