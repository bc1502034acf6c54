"""What the API and the pages show: one read model per thing."""
