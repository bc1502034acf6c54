"""The relay: outbox → Kafka. Every service runs one; `Relay` is all that a service needs of it."""

from bitloot_common.relay.agent import Relay
from bitloot_common.relay.rows import SETTLE

__all__ = ["SETTLE", "Relay"]
