"""How the command line answers: a table for people, JSON where a machine might read."""

import sys
from typing import Any, NoReturn

import orjson
import typer


def print_json(value: Any) -> None:
    """Writes `value` as JSON on standard output."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str).decode())
    sys.stdout.write("\n")


def fail(message: str, code: int = 1) -> NoReturn:
    """One line on standard error, then exit with `code`."""
    typer.secho(message, err=True, fg=typer.colors.RED)
    raise typer.Exit(code)
