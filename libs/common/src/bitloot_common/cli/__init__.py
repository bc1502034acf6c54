"""`bitloot`: what SREs and deployments do from a shell. Settings come from the environment."""

from importlib.metadata import entry_points

import typer

from bitloot_common.cli import catalogue, db, topics

app = typer.Typer(
    name="bitloot",
    help="Operate BitLoot Fulfillment: database, topics, catalogue, dead letters, reconciliation.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(db.app, name="db")
app.add_typer(topics.app, name="topics")
app.add_typer(catalogue.app, name="catalogue")


def main() -> None:
    """Entry point. Services installed beside us add their commands through the `bitloot.commands` group."""
    for found in sorted(entry_points(group="bitloot.commands"), key=lambda entry: entry.name):
        command = found.load()
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=found.name)
        else:
            app.command(found.name)(command)
    app()
