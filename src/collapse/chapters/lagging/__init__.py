"""What chapter 3 computes beside its recordings."""
