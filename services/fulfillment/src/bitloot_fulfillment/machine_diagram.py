"""Draws the state machine: `python -m bitloot_fulfillment.machine_diagram` writes docs/state-machine.md's text.

A test compares the file with what this prints, so the picture cannot lie.
"""

import sys
from collections import defaultdict

from bitloot_fulfillment.order_machine import DECISIONS, MORE_IS_OWED, Alert, Decision, Fact, Move, Status

_HEAD = """# The order's state machine

Generated from `services/fulfillment/src/bitloot_fulfillment/order_machine.py` by
`python -m bitloot_fulfillment.machine_diagram > docs/state-machine.md`; a test keeps it true.

An order is in one state. A *fact* is what fulfillment has learnt about it, from whatever source: a webhook, an
answer, the reconciler, an operator. Facts arrive late, twice, out of order and in contradiction; what each does
in each state is decided in one table. Money is kept beside the state: `orders.refund_due` says what must go back,
also for an order that was fulfilled (paid twice, overpaid).

```mermaid
stateDiagram-v2
    [*] --> created
"""

_TABLE_HEAD = """
## Every decision

`→ state` moves the order, *stay* changes nothing, **alert** changes nothing and calls a person (timeline entry
`order.alert`, log line, `bitloot_order_alerts_total`). What is not listed cannot be true: it raises
`IllegalTransition`, and the message goes to the dead letters.

| fact | in state | decision | messages |
| --- | --- | --- | --- |
"""


_OWED_HEAD = """
## When more is owed

`orders.refund_due` grows by a second payment, an overpayment, money for an order that has ended. Where the move
itself does not tell the customer, this does:

| in state | message |
| --- | --- |
"""


def diagram() -> str:
    """The document, with its final newline."""
    lines = [_HEAD.rstrip("\n")]
    arrows: dict[tuple[Status, Status], list[Fact]] = defaultdict(list)
    for fact, by_status in DECISIONS.items():
        for status in Status:
            decision = by_status.get(status)
            if isinstance(decision, Move):
                arrows[status, decision.to].append(fact)
    lines += [f"    {a} --> {b}: {', '.join(facts)}" for (a, b), facts in arrows.items()]
    lines += [
        "    fulfilled --> [*]",
        "    partly_fulfilled --> [*]",
        "    cancelled --> [*]",
        "    refund_due --> [*]",
        "```",
    ]
    lines.append(_TABLE_HEAD.rstrip("\n"))
    lines += [_row(fact, decision, statuses) for fact in Fact for decision, statuses in _grouped(fact)]
    lines.append(_OWED_HEAD.rstrip("\n"))
    for emission in sorted(set(MORE_IS_OWED.values())):
        statuses = [status for status in Status if MORE_IS_OWED.get(status) is emission]
        lines.append(f"| {', '.join(statuses)} | `{emission}` |")
    return "\n".join(lines) + "\n"


def _grouped(fact: Fact) -> list[tuple[Decision, list[Status]]]:
    """Equal decisions of one fact together, in the order of the states."""
    groups: list[tuple[Decision, list[Status]]] = []
    for status in Status:
        decision = DECISIONS[fact].get(status)
        if decision is None:
            continue
        same = next((statuses for known, statuses in groups if known == decision), None)
        if same is None:
            groups.append((decision, [status]))
        else:
            same.append(status)
    return groups


def _row(fact: Fact, decision: Decision, statuses: list[Status]) -> str:
    messages = ""
    if isinstance(decision, Move):
        told = f"→ `{decision.to}`"
        messages = ", ".join(f"`{emission}`" for emission in decision.emits)
    else:
        told = f"{'**alert**' if isinstance(decision, Alert) else '*stay*'}: {decision.why}"
    return f"| `{fact}` | {', '.join(statuses)} | {told} | {messages} |"


if __name__ == "__main__":
    sys.stdout.write(diagram())
