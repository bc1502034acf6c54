"""The pipeline as a picture: three services, the topics between them, their rates, lags and ladders."""

from dataclasses import dataclass
from typing import Literal

from bitloot_common.events import topics

from bitloot_admin.broker import BrokerWatch, TopicState
from bitloot_admin.health_watch import ServicesWatch
from bitloot_admin.models.overview import Overview

# lag beyond which a topic is shown as slow, and as stuck
LAG_WARN, LAG_BAD = 100, 5_000


@dataclass(frozen=True, slots=True)
class Box:
    """A service or a topic in the picture."""

    name: str
    x: int
    y: int
    width: int
    height: int
    lines: tuple[str, ...]
    tone: Literal["", "warn", "bad"] = ""


@dataclass(frozen=True, slots=True)
class Wire:
    """A way that messages take; `busy` when some do."""

    path: str
    busy: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything drawn, and the same in words."""

    stages: list[Box]
    topics: list[Box]
    wires: list[Wire]
    words: list[str]
    error: str | None
    width: int = 1120
    height: int = 252


# x, y of each topic between the stages; 164 by 40
_PLACES = {
    topics.PAYMENTS_IPN: (196, 58),
    topics.KINGUIN_WEBHOOKS: (196, 118),
    topics.ORDERS_PAID: (436, 10),
    topics.DELIVERIES_REQUESTED: (646, 58),
    topics.DELIVERIES_STORED: (646, 118),
    topics.DELIVERIES_MAILED: (886, 10),
}
_STAGES = {"ingress": (16, 62), "fulfillment": (424, 66), "delivery": (874, 66)}
_WIRES = {
    topics.PAYMENTS_IPN: "M136 92 C166 92 166 78 196 78 M360 78 C392 78 392 98 424 98",
    topics.KINGUIN_WEBHOOKS: "M136 108 C166 108 166 138 196 138 M360 138 C392 138 392 112 424 112",
    topics.ORDERS_PAID: "M470 66 C470 58 470 58 470 50 M566 50 C566 58 566 58 566 66",
    topics.DELIVERIES_REQUESTED: "M614 92 C630 92 630 78 646 78 M810 78 C842 78 842 98 874 98",
    topics.DELIVERIES_STORED: "M874 112 C842 112 842 138 810 138 M646 138 C630 138 630 112 614 112",
    topics.DELIVERIES_MAILED: "M968 66 C968 58 968 58 968 50",
}


def draw(broker: BrokerWatch, health: ServicesWatch, overview: Overview) -> Picture:
    """The picture of this moment."""
    boxes, wires, words = [], [], []
    for name, (x, y) in _PLACES.items():
        state = broker.topics.get(name)
        boxes.append(Box(name, x, y, 164, 40, (_flow(state),), _tone(state)))
        wires.append(Wire(_WIRES[name], bool(state and state.rate_s)))
        words.append(f"{name}: {_flow(state)}")
    stages = [_stage(name, x, y, broker, health, overview) for name, (x, y) in _STAGES.items()]
    words += [f"{stage.name}: {', '.join(stage.lines)}" for stage in stages]
    return Picture(stages, boxes, wires, words, broker.error)


def _flow(state: TopicState | None) -> str:
    if state is None:
        return "unknown"
    rate = "first sample" if state.rate_s is None else f"{state.rate_s:.1f}/s"
    return f"{rate} · lag {state.lag_total:,}"


def _tone(state: TopicState | None) -> Literal["", "warn", "bad"]:
    if state is None or state.lag_total < LAG_WARN:
        return ""
    return "bad" if state.lag_total >= LAG_BAD else "warn"


def _stage(name: str, x: int, y: int, broker: BrokerWatch, health: ServicesWatch, overview: Overview) -> Box:
    state = health.services.get(name)
    lines = [{"ok": "ready", "failed": "not ready"}.get(state.state, state.state) if state else "not watched"]
    letters = overview.dead_letters.get(name, 0)
    waiting = broker.ladder_depth(name)
    if name != "ingress":
        lines += [f"{waiting:,} on the ladder", f"{letters:,} dead letters"]
    broken = state is not None and state.state == "failed"
    tone: Literal["", "warn", "bad"] = "bad" if broken or letters else "warn" if waiting or _shaky(state) else ""
    return Box(name, x, y, 190 if name != "ingress" else 120, 84 if name != "ingress" else 64, tuple(lines), tone)


def _shaky(state: object) -> bool:
    return getattr(state, "state", "ok") == "degraded"
