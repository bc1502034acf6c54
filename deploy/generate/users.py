"""Strimzi's KafkaUsers: each service may write what it sends and read what it reads, and nothing else."""

from typing import Any, Final

from bitloot_common.events.registry import READERS, of_topic, senders
from bitloot_common.events.topics import MAIN, dead_letter_topic
from consumers import ladders

READ: Final = ("Read", "Describe")
WRITE: Final = ("Write", "Describe")


def user(service: str) -> dict[str, Any]:
    """The service's user; Strimzi puts its password into a Secret of the same name."""
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaUser",
        "metadata": {"name": service, "labels": {"strimzi.io/cluster": "bitloot"}},
        "spec": {
            "authentication": {"type": "scram-sha-512"},
            "authorization": {"type": "simple", "acls": _merged([*_own(service), *_of_admin(service)])},
        },
    }


def _own(service: str) -> list[dict[str, Any]]:
    sends = [topic for topic in MAIN if any(service in senders(event) for event in of_topic(topic))]
    acls = [_acl("topic", topic, WRITE) for topic in sends]
    acls += [_acl("topic", topic, READ) for topic in MAIN if service in READERS[topic]]
    if service in ladders():
        acls.append(_acl("topic", f"{service}.retry.", (*READ, "Write"), prefix=True))
        acls.append(_acl("topic", dead_letter_topic(service), WRITE))
        # the group of the main topics has the service's name, each step's its topic's
        acls.append(_acl("group", service, READ, prefix=True))
    return acls


def _of_admin(service: str) -> list[dict[str, Any]]:
    """Admin looks at everything, and its replays put a message back where it was."""
    if service != "admin":
        return []
    acls = [_acl("topic", topic, WRITE) for topic in MAIN]
    for other in ladders():
        acls.append(_acl("topic", f"{other}.retry.", ("Describe",), prefix=True))
        acls.append(_acl("topic", dead_letter_topic(other), READ))
        acls.append(_acl("group", other, ("Describe",), prefix=True))
    return [*acls, _acl("group", "admin.", READ, prefix=True)]


def _acl(kind: str, name: str, operations: tuple[str, ...], *, prefix: bool = False) -> dict[str, Any]:
    pattern = "prefix" if prefix else "literal"
    return {"resource": {"type": kind, "name": name, "patternType": pattern}, "operations": list(operations)}


def _merged(acls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One rule for each resource."""
    found: dict[str, dict[str, Any]] = {}
    for acl in acls:
        rule = found.setdefault(str(acl["resource"]), {"resource": acl["resource"], "operations": []})
        rule["operations"] += [each for each in acl["operations"] if each not in rule["operations"]]
    return list(found.values())
