"""What is measured of models of texts: their features, what words these hold, what they write."""
