"""`bitloot`: what SREs and deployments do from a shell. Settings come from the environment.

A command's module is imported when the command is called, not before: `bitloot topics apply` must not pay
for the database's libraries, nor for those of every service installed beside it.
"""

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

GROUP: Final = "bitloot.commands"

OWN: Final = (
    EntryPoint("catalogue", "bitloot_common.cli.catalogue:app", GROUP),
    EntryPoint("db", "bitloot_common.cli.db:app", GROUP),
    EntryPoint("dlt", "bitloot_common.cli.dlt:app", GROUP),
    EntryPoint("topics", "bitloot_common.cli.topics:app", GROUP),
)


class Commands(TyperGroup):
    """Our commands, and those that installed services declare in the `bitloot.commands` group."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return sorted(_declared())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        declared = _declared().get(cmd_name)
        return _loaded(declared) if declared else None


def _declared() -> dict[str, EntryPoint]:
    return {found.name: found for found in (*OWN, *entry_points(group=GROUP))}


def _loaded(declared: EntryPoint) -> Any:
    target: Any = getattr(import_module(declared.module), declared.attr)
    if isinstance(target, typer.Typer):
        return get_group(target)
    single = typer.Typer(pretty_exceptions_enable=False, add_completion=False, rich_markup_mode=None)
    single.command(declared.name)(target)
    return get_command(single)


app = typer.Typer(
    cls=Commands,
    name="bitloot",
    help="Operate BitLoot Fulfillment: database, topics, catalogue, dead letters, reconciliation.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback()
def bitloot() -> None:
    """Operate BitLoot Fulfillment."""


def main() -> None:
    """Entry point of the `bitloot` script."""
    app()
