"""The benchmarks: `make bench`, or one of them with `python -m bench.<name>`."""
