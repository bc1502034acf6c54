"""Admin's SQL, one module per noun; the only place that builds a query."""
