"""The whole system on one machine, without Docker.

    python -m bitloot_local up|down|clean|status|demo      (behind `make up`, `make down`, …)

`topology.py` is the page to read first: every process, in pipeline order. `stack.py` starts and stops
them, `processes.py` knows which process is whose, `servers/` knows how each server is run and asked
whether it is ready. `demo.py` buys a key; `pytest_plugin.py` gives the same stack to the tests.
"""
