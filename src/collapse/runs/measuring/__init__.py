"""What is measured of a model: while it trains, after each epoch, at the end of a run."""
