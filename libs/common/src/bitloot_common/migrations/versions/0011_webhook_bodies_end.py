"""raw webhook bodies end: how far their removal has come, and the one way in which ingress may remove them

Revision: 0011, after 0010.

Ingress still may not update a body: what a provider said is evidence. It may call a function of the owner's that
takes away what is older than a day at least. How far that has come is a row of its own and not an index: no webhook
pays for it, and this migration reads no table of a size.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# `update skip locked`: of several instances one works, and the others have nothing to do. The ids are UUIDv7, so
# the smallest id of a millisecond bounds the time. No max(uuid): PostgreSQL 17 has none.
FUNCTION = """
create function remove_webhook_bodies(older_than interval, at_most integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    reached uuid;
    ended constant timestamptz := now() - greatest(older_than, interval '1 day');
    ends_before constant uuid :=
        (lpad(to_hex((extract(epoch from ended) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid;
    removed uuid[];
begin
    select until into reached from retention where what = 'webhook_bodies' for update skip locked;
    if not found then
        return 0;
    end if;
    select array_agg(id order by id) into removed from (
        select id from webhook_logs where id > reached and id < ends_before order by id limit at_most
    ) due;
    if removed is null then
        return 0;
    end if;
    update webhook_logs set body = null, headers = '{}', source_address = null, body_removed_at = now()
    where id = any (removed);
    update retention set until = removed[array_upper(removed, 1)] where what = 'webhook_bodies';
    return cardinality(removed);
end $$
"""
NEVER = "00000000-0000-0000-0000-000000000000"


def upgrade() -> None:
    op.create_table(
        "retention",
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("until", sa.Uuid(), nullable=False, comment="the last id, a UUIDv7, whose data was removed"),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_retention")),
    )
    op.execute(f"insert into retention values ('webhook_bodies', '{NEVER}')")  # noqa: S608  (our literal)
    op.add_column("webhook_logs", sa.Column("body_removed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(FUNCTION)
    op.execute("revoke execute on function remove_webhook_bodies from public")
    op.execute("grant execute on function remove_webhook_bodies to bitloot_ingress")


def downgrade() -> None:
    op.execute("drop function remove_webhook_bodies")
    op.drop_column("webhook_logs", "body_removed_at")
    op.drop_table("retention")
