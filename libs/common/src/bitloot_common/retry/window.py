"""The in-flight window: what was fetched and is not settled, kept so that order and commits are right.

Records of one topic and key form a chain, worked strictly in order; chains are independent. Settling may
happen in any order; what may be committed is the offset below which everything is settled. No I/O here.
"""

from collections import Counter, deque
from typing import TypeAlias

from aiokafka import ConsumerRecord, TopicPartition

Record: TypeAlias = "ConsumerRecord[bytes, bytes]"
ChainKey = tuple[str, bytes]


class Progress:
    """One partition: which offsets were taken, which of them are settled."""

    __slots__ = ("_settled", "_taken", "committable", "committed")

    def __init__(self) -> None:
        self._taken: deque[int] = deque()
        self._settled: set[int] = set()
        self.committable: int | None = None
        self.committed: int | None = None

    def __len__(self) -> int:
        return len(self._taken)

    def take(self, offset: int) -> None:
        """`offset` is in work. Offsets rise, with gaps (compaction, transactions)."""
        assert not self._taken or offset > self._taken[-1], "a partition's offsets rise"
        self._taken.append(offset)

    def settle(self, offset: int) -> None:
        """`offset` is durable: handled, or on its next topic."""
        self._settled.add(offset)
        while self._taken and self._taken[0] in self._settled:
            done = self._taken.popleft()
            self._settled.remove(done)
            self.committable = done + 1


class Window:
    """Everything in flight for one assignment. A new assignment gets a new window; the old one is closed."""

    def __init__(self, partition_max: int, total_max: int, topics: int = 1) -> None:
        """Each of the `topics` has an equal share of the total, so that one that stands still fills its own only;
        and a partition at most half of that, so that one behind a slow key leaves room for the others."""
        self.closed = False
        self.size = 0
        self._topic_max = max(1, total_max // topics)
        self._partition_max = min(partition_max, max(1, self._topic_max // 2))
        self._by_topic: Counter[str] = Counter()
        self._partitions: dict[TopicPartition, Progress] = {}
        self._chains: dict[ChainKey, deque[Record]] = {}

    def has_room(self, partition: TopicPartition) -> bool:
        """Whether more may be fetched from `partition`."""
        if self._by_topic[partition.topic] >= self._topic_max:
            return False
        progress = self._partitions.get(partition)
        return progress is None or len(progress) < self._partition_max

    def size_of(self, topic: str) -> int:
        """How many records of `topic` are in flight."""
        return self._by_topic[topic]

    def take(self, partition: TopicPartition, record: Record) -> None:
        """`record` was fetched."""
        progress = self._partitions.get(partition)
        if progress is None:
            progress = self._partitions[partition] = Progress()
        progress.take(record.offset)
        self.size += 1
        self._by_topic[record.topic] += 1

    def chain(self, record: Record) -> deque[Record] | None:
        """Puts `record` in its key's chain. Returns the chain if nobody works it yet, else None."""
        if record.key is None:
            return deque([record])
        key = (record.topic, record.key)
        chain = self._chains.get(key)
        if chain is not None:
            chain.append(record)
            return None
        chain = self._chains[key] = deque([record])
        return chain

    def settle(self, record: Record, chain: deque[Record]) -> None:
        """`record`, the head of `chain`, is durable."""
        assert chain[0] is record, "a chain is worked from its head"
        chain.popleft()
        if not chain and record.key is not None:
            self._chains.pop((record.topic, record.key), None)
        self._partitions[TopicPartition(record.topic, record.partition)].settle(record.offset)
        self.size -= 1
        self._by_topic[record.topic] -= 1

    def uncommitted(self) -> dict[TopicPartition, int]:
        """What may be committed and was not."""
        return {
            partition: progress.committable
            for partition, progress in self._partitions.items()
            if progress.committable is not None and progress.committable != progress.committed
        }

    def committed(self, offsets: dict[TopicPartition, int]) -> None:
        """The broker has `offsets`."""
        for partition, offset in offsets.items():
            self._partitions[partition].committed = offset
