"""Retry topics, dead letters and breakers."""
