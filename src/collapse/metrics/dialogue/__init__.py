"""What replies are measured by."""
