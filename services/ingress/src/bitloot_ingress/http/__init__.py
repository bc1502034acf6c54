"""The HTTP edge: decode, call one use case, encode."""
