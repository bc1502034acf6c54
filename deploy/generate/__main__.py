"""Writes what is checked in although it follows from something else; `tests/test_generated.py` compares.

.venv/bin/python deploy/generate
"""

import generated

if __name__ == "__main__":
    generated.write()
