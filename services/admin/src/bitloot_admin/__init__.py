"""Look at and operate the pipeline: orders, webhooks, dead letters."""
