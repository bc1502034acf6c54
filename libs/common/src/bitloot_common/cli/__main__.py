"""`python -m bitloot_common.cli`, where the `bitloot` script is not on the path."""

from bitloot_common.cli import main

main()
