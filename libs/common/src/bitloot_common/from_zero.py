"""Series that are there before their first event.

Prometheus' `rate` and `increase` compare a series with itself: one that it first meets at 1 has not grown, and an
alert that rests on it never hears of the first event of each process. What is rare must be seen at 0 before.
"""

from collections.abc import Iterable
from itertools import product

from prometheus_client import Counter


def from_zero(counter: Counter, *values: Iterable[str]) -> Counter:
    """Makes the series of every combination of the labels' values, in the order of the labels; returns `counter`."""
    for combination in product(*values):
        counter.labels(*combination)
    return counter
