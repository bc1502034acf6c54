"""Delivery's SQL: the only place that builds a query. One file per table it owns."""
