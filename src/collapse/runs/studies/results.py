"""What a study finds: numbers by the names that they have in the ledger."""

Results = dict[str, float]
