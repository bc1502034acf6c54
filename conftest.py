"""Fixtures that every test may ask for: real servers and the whole system (see the plugin's own text)."""

pytest_plugins = ["bitloot_local.pytest_plugin"]
