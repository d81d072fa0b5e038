"""Image models: the same five places, filled for pictures of two tones."""
