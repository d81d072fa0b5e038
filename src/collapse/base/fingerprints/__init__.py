"""What a run is known by: its code in one spelling, a reader's own code, their hashes."""
