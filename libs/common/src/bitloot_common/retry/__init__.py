"""Retry topics, dead letters and breakers: consume with `Ladder`, fail with the four kinds of errors."""

from bitloot_common.retry.breaker import Breaker, Breakers
from bitloot_common.retry.classify import Verdict, classify, for_status, retry_after_s
from bitloot_common.retry.errors import Failure, Kind, NotYet, Outage, Permanent, Transient
from bitloot_common.retry.ladder import Ladder, WrongDeclaration
from bitloot_common.retry.lane import Limits
from bitloot_common.retry.message import Message

__all__ = [
    "Breaker",
    "Breakers",
    "Failure",
    "Kind",
    "Ladder",
    "Limits",
    "Message",
    "NotYet",
    "Outage",
    "Permanent",
    "Transient",
    "Verdict",
    "WrongDeclaration",
    "classify",
    "for_status",
    "retry_after_s",
]
