"""Writes what is checked in although it follows from something else; `tests/test_generated.py` compares.

.venv/bin/python deploy/generate
.venv/bin/python deploy/generate release    and make today's schemas what later ones are held to
"""

import sys

import contracts
import generated

if __name__ == "__main__":
    generated.write()
    if sys.argv[1:] == ["release"]:
        contracts.release()
