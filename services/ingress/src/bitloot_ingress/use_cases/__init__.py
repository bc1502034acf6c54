"""What ingress does, one verb per file."""
