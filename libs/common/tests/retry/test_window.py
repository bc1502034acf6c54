"""The window's two promises: keys in order, commits only behind what is settled."""

from collections import deque

from aiokafka import TopicPartition
from bitloot_common.retry.window import Progress, Record, Window
from hypothesis import given
from hypothesis import strategies as st

from .harness import record

TOPIC = TopicPartition("t", 0)
Plan = list[tuple[int, bytes | None]]  # (gap before the offset, key)

keys = st.sampled_from([None, b"a", b"b", b"c"])
plans = st.lists(st.tuples(st.integers(1, 3), keys), max_size=30)


@given(st.lists(st.integers(1, 3), max_size=40), st.randoms())
def test_what_may_be_committed_never_passes_what_is_not_settled(gaps: list[int], random: object) -> None:
    progress, offsets, offset = Progress(), [], -1
    for gap in gaps:
        offset += gap
        offsets.append(offset)
        progress.take(offset)
    unsettled = set(offsets)
    shuffled = list(offsets)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for done in shuffled:
        progress.settle(done)
        unsettled.remove(done)
        below = [o for o in offsets if not unsettled or o < min(unsettled)]
        assert progress.committable == (below[-1] + 1 if below else None)
    assert len(progress) == 0


@given(plans, st.data())
def test_a_key_is_worked_in_order_whatever_finishes_first(plan: Plan, data: st.DataObject) -> None:
    window = Window(1_000, 5_000)
    open_chains: list[deque[Record]] = []
    worked: list[Record] = []
    offset = -1
    for gap, key in plan:
        offset += gap
        each = record("t", 0, offset, key=key)
        window.take(TOPIC, each)
        chain = window.chain(each)
        if chain is not None:
            open_chains.append(chain)
        work_now = data.draw(st.booleans())
        if open_chains and work_now:
            _work(window, open_chains, worked, data)
    while open_chains:
        _work(window, open_chains, worked, data)
    for key in (b"a", b"b", b"c"):
        mine = [each.offset for each in worked if each.key == key]
        assert mine == sorted(mine)
    assert len(worked) == len(plan)
    assert window.size == 0
    assert window.uncommitted() == ({TOPIC: offset + 1} if plan else {})


def _work(window: Window, chains: list[deque[Record]], worked: list[Record], data: st.DataObject) -> None:
    chain = data.draw(st.sampled_from(chains))
    head = chain[0]
    worked.append(head)
    window.settle(head, chain)
    if not chain:
        chains.remove(chain)


def test_a_key_is_worked_by_one_chain_at_a_time() -> None:
    window = Window(10, 10)
    first, second = record("t", 0, 1, key=b"a"), record("t", 0, 2, key=b"a")
    for each in (first, second):
        window.take(TOPIC, each)
    assert window.chain(first) is not None
    assert window.chain(second) is None


def test_a_partition_has_room_until_its_window_is_full_and_a_topic_until_its_share_is() -> None:
    window, other, others = Window(2, 8, topics=2), TopicPartition("t", 1), TopicPartition("u", 0)
    for offset in (1, 2):
        window.take(TOPIC, record("t", 0, offset))
    assert not window.has_room(TOPIC)
    for offset in (1, 2):
        assert window.has_room(other)
        window.take(other, record("t", 1, offset))
    assert window.size_of("t") == window.size == 4
    assert not window.has_room(TopicPartition("t", 2)), "its topic has half of the total"
    assert window.has_room(others), "the other half is for the other topic"


def test_one_partition_fills_no_more_than_half_of_its_topics_share() -> None:
    window = Window(1_000, 8)
    for offset in range(4):
        assert window.has_room(TOPIC)
        window.take(TOPIC, record("t", 0, offset))
    assert not window.has_room(TOPIC)
    assert window.has_room(TopicPartition("t", 1))


def test_what_was_committed_is_not_committed_again() -> None:
    window = Window(10, 10)
    each = record("t", 0, 7)
    window.take(TOPIC, each)
    window.settle(each, deque([each]))
    assert window.uncommitted() == {TOPIC: 8}
    window.committed({TOPIC: 8})
    assert window.uncommitted() == {}
