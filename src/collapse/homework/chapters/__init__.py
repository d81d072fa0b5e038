"""The exercises at the ends of the chapters."""
