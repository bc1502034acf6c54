"""The servers the system stands on. Each file: how one is configured, started and asked whether it is ready."""
