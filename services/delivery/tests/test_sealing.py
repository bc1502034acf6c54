"""Sealed codes open with their key and with nothing else; what is secret refuses to be shown."""

import copy
import json
import pickle
from uuid import uuid4

import pytest
from bitloot_delivery.errors import KeyUnknown, SealedObjectBroken
from bitloot_delivery.key_ring import KeyRing, WrappedKey
from bitloot_delivery.named_keys import NamedKeys
from bitloot_delivery.sealing import SealedCodes, open_sealed, seal, without
from bitloot_delivery.secret import DataKey
from bitloot_kinguin import Code
from delivery_shop import a_code, a_key

ORDER = uuid4()
KEY = DataKey.random()


def test_what_was_sealed_is_opened_again() -> None:
    codes = (a_code("ÄÖ-1 漢字"), Code("iVBORw0KGgo=", type="image/png", name="picture", serial_id="s2", offer_id="o"))
    sealed = seal(SealedCodes(ORDER, 2, codes), KEY)
    opened = open_sealed(sealed, KEY, "ref")
    assert (opened.order_id, opened.part, opened.codes) == (ORDER, 2, codes)
    assert [(code.type, code.serial_id, code.offer_id) for code in opened.codes] == [
        ("text/plain", None, None),
        ("image/png", "s2", "o"),
    ]
    assert sealed.count(b".") == 4
    assert seal(SealedCodes(ORDER, 2, codes), KEY) != sealed


def test_another_key_or_a_changed_byte_opens_nothing() -> None:
    sealed = seal(SealedCodes(ORDER, 1, (a_code(),)), KEY)
    with pytest.raises(SealedObjectBroken):
        open_sealed(sealed, DataKey.random(), "ref")
    for position in range(len(sealed) - 1):  # the last character has bits that mean nothing
        changed = bytearray(sealed)
        changed[position] = ord("A") if changed[position] != ord("A") else ord("B")
        with pytest.raises(SealedObjectBroken):
            open_sealed(bytes(changed), KEY, "ref")


def test_a_wrapped_key_is_bound_to_its_order_and_part() -> None:
    ring = KeyRing(NamedKeys.parse(a_key()))
    wrapped = ring.wrap(KEY, ORDER, 1)
    assert ring.unwrap(wrapped, ORDER, 1).reveal() == KEY.reveal()
    for order_id, part in ((uuid4(), 1), (ORDER, 2)):
        with pytest.raises(SealedObjectBroken, match="belongs elsewhere"):
            ring.unwrap(wrapped, order_id, part)
    with pytest.raises(SealedObjectBroken):
        ring.unwrap(WrappedKey(wrapped.text[:-6] + "AAAAAA", wrapped.kid), ORDER, 1)


def test_the_ring_wraps_with_its_first_key_and_unwraps_with_all() -> None:
    old, new = a_key("old"), a_key("new")
    wrapped = KeyRing(NamedKeys.parse(old)).wrap(KEY, ORDER, 1)
    both = KeyRing(NamedKeys.parse(f"{new},{old}"))
    assert both.unwrap(wrapped, ORDER, 1).reveal() == KEY.reveal()
    assert both.wrap(KEY, ORDER, 1).kid == "new"
    with pytest.raises(KeyUnknown):
        KeyRing(NamedKeys.parse(new)).unwrap(wrapped, ORDER, 1)


@pytest.mark.parametrize("secret", [KEY, a_code("SHOWN-NEVER-1")])
def test_a_secret_refuses_to_be_shown_stored_or_copied(secret: DataKey | Code) -> None:
    shown = secret.reveal() if isinstance(secret, Code) else secret.reveal().hex()
    assert shown not in repr(secret)
    assert shown not in repr([secret])
    for attempt in (str, "{}".format, pickle.dumps, copy.copy, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError) as refusal:
            attempt(secret)
        assert shown not in str(refusal.value)


def test_a_later_part_holds_only_what_is_new() -> None:
    one, two, twin = a_code("one"), a_code("two"), a_code("one")
    part = SealedCodes(ORDER, 1, (one,))
    assert without([one, two], [part]) == (two,)
    assert without([one, twin, two], [part]) == (twin, two)
    assert without([one], [part]) == ()
    assert without([one], []) == (one,)
