"""What delivery does, one verb per file."""
