"""Results that were entered, the rules they keep, and the claims that rest on them."""
