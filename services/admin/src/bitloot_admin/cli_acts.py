"""`bitloot admin retry`, `resend`, `revoke`, `replay-webhook`, `note`, `jobs`, `abort`: what the pages' buttons do,
over the same API, with the same rights and audit rows."""

from typing import Annotated
from uuid import UUID

import typer
from bitloot_admin_client.api.dead_letters import abort_job, list_jobs, note_dead_letter_group
from bitloot_admin_client.api.orders import resend_keys, retry_fulfillment, revoke_links
from bitloot_admin_client.api.webhook_logs import replay_webhook_log
from bitloot_admin_client.models import CommandAccepted, Job, Note, ReplayAccepted, Why
from bitloot_common.cli.output import print_json

from bitloot_admin.cli_api import Json, asked

OrderId = Annotated[UUID, typer.Argument(help="The order's id.")]
Reason = Annotated[str, typer.Option(help="Why, for the audit log.")]


def retry(order_id: OrderId, reason: Reason = "", json: Json = False) -> None:
    """Takes an order up again from where it is. Nothing is bought twice."""
    _command(asked(lambda c: retry_fulfillment.sync_detailed(order_id, client=c, body=Why(reason=reason))), json=json)


def resend(order_id: OrderId, reason: Reason = "", json: Json = False) -> None:
    """Mails an order's link again, with a fresh link."""
    _command(asked(lambda c: resend_keys.sync_detailed(order_id, client=c, body=Why(reason=reason))), json=json)


def revoke(order_id: OrderId, reason: Reason = "", json: Json = False) -> None:
    """Stops every link of an order from working."""
    _command(asked(lambda c: revoke_links.sync_detailed(order_id, client=c, body=Why(reason=reason))), json=json)


def _command(accepted: CommandAccepted, *, json: bool) -> None:
    if json:
        return print_json(accepted.to_dict())
    return typer.echo(f"{accepted.command} of order {accepted.order_id} is on its way, as event {accepted.event_id}")


def replay_webhook(
    webhook_id: Annotated[UUID, typer.Argument(help="The webhook log's id.")], reason: Reason = "", json: Json = False
) -> None:
    """Puts a stored webhook back on its topic, as a new event."""
    done: ReplayAccepted = asked(
        lambda c: replay_webhook_log.sync_detailed(webhook_id, client=c, body=Why(reason=reason))
    )
    if json:
        return print_json(done.to_dict())
    return typer.echo(f"webhook {done.id} is on {done.topic} again, as event {done.event_id}")


def note(
    group: Annotated[str, typer.Argument(help="The group's fingerprint.")],
    text: Annotated[str, typer.Argument(help="What is known about this failure.")],
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Replaces the note on a group of dead letters."""
    asked(lambda c: note_dead_letter_group.sync_detailed(group, client=c, body=Note(note=text, reason=reason)))
    if json:
        return print_json({"group": group, "note": text})
    return typer.echo(f"the note is kept with group {group}")


def jobs(json: Json = False) -> None:
    """The newest hundred bulk replays."""
    found = asked(lambda c: list_jobs.sync_detailed(client=c))
    if json:
        return print_json(found.to_dict())
    for job in found.items:
        typer.echo(_line(job))
    return None


def abort(
    job_id: Annotated[UUID, typer.Argument(help="The job's id.")], reason: Reason = "", json: Json = False
) -> None:
    """Stops a bulk replay; what was not sent stays as it is."""
    asked(lambda c: abort_job.sync_detailed(job_id, client=c, body=Why(reason=reason)))
    if json:
        return print_json({"job": str(job_id), "state": "aborted"})
    return typer.echo(f"job {job_id} stops after the messages that it is sending now")


def _line(job: Job) -> str:
    done = f"{job.done} of {job.total}, {job.failed} failed again"
    return f"{job.created_at:%Y-%m-%d %H:%M:%S}  {job.id}  {job.state:<8}  {done}  {job.actor}  {job.reason or ''}"
