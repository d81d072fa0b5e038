"""What every other room stands on: errors, files, seeds, and the fingerprint of code."""
