"""The servers the system stands on; a file says how one is configured, started and asked if it is ready."""
