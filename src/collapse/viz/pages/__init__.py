"""Tables and forms that are whole pages of the book."""
