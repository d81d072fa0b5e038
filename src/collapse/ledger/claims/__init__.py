"""What the papers claim and what chapters find, and the rules by which runs decide."""
