"""What chapter 4 computes beside its runs."""
