"""The JSON API under /admin: decode, call one use case or one read, encode."""
