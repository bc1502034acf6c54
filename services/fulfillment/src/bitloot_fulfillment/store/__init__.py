"""Fulfillment's SQL, one module per table. Every function takes the connection of the caller's transaction."""
