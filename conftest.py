"""Fixtures that every test may ask for: real servers and the whole system (see the plugin's own text)."""

import pytest

pytest_plugins = ["bitloot_local.pytest_plugin"]

SYSTEMS = {"system", "systems", "stacks"}  # fixtures that a session makes once, and that take long to make


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several processes (`pytest -n 2 --dist loadgroup`) a module stays in one, and so does all that uses the
    whole system."""
    for item in items:
        whole = SYSTEMS & set(getattr(item, "fixturenames", ()))
        item.add_marker(pytest.mark.xdist_group("system" if whole else str(item.path)))
