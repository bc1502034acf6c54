"""Writes what is checked in although it follows from something else; `tests/test_generated.py` compares.

.venv/bin/python deploy/generate
.venv/bin/python deploy/generate release    and hold later schemas to today's, if these follow the last ones
"""

import sys

import contracts
import generated

if __name__ == "__main__":
    generated.write()
    if sys.argv[1:] == ["release"]:
        try:
            contracts.release()
        except contracts.BreaksReaders as error:
            sys.exit(str(error))
