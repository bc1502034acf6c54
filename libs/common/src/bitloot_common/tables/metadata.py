"""The one MetaData, with names for every constraint so that migrations can drop what they made."""

from sqlalchemy import Column, DateTime, MetaData, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

TIMESTAMP = DateTime(timezone=True)


def created_now(name: str) -> Column[object]:
    """A timestamp that the database sets at insert."""
    return Column(name, TIMESTAMP, nullable=False, server_default=text("now()"))
