"""A link's token: ours or not, in time or not, and short."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from bitloot_delivery.links import LENGTH_MAX, LinkSigner, NotOurs
from bitloot_delivery.named_keys import NamedKeys
from delivery_shop import a_key
from hypothesis import given
from hypothesis import strategies as st

SIGNER = LinkSigner(NamedKeys.parse(a_key()))
LINK, END = uuid4(), datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
TOKEN = SIGNER.sign(LINK, END)


def test_a_token_says_what_was_signed_and_stays_short() -> None:
    said = SIGNER.read(TOKEN)
    assert (said.link_id, said.expires_at) == (LINK, END)
    assert len(TOKEN) < 180
    assert SIGNER.sign(LINK, END) == TOKEN


def test_an_expired_token_is_still_ours() -> None:
    said = SIGNER.read(SIGNER.sign(LINK, END))
    assert not said.expired(END - timedelta(seconds=1))
    assert said.expired(END)


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("ABCabc012-_.="))
def test_no_changed_character_passes(position: int, character: str) -> None:
    changed = TOKEN[:position] + character + TOKEN[position + 1 :]
    if changed != TOKEN:
        with pytest.raises(NotOurs):
            SIGNER.read(changed)


@given(st.text(max_size=300))
def test_nothing_else_passes(text: str) -> None:
    with pytest.raises(NotOurs):
        SIGNER.read(text)


def test_the_unsigned_algorithm_and_other_signers_do_not_pass() -> None:
    none = "eyJhbGciOiJub25lIiwia2lkIjoiazEifQ." + TOKEN.split(".")[1] + "."
    for forged in (none, LinkSigner(NamedKeys.parse(a_key())).sign(LINK, END), TOKEN + "=", "a" * (LENGTH_MAX + 1), ""):
        with pytest.raises(NotOurs):
            SIGNER.read(forged)


def test_the_first_secret_signs_and_all_verify() -> None:
    old, new = a_key("old"), a_key("new")
    before = LinkSigner(NamedKeys.parse(old)).sign(LINK, END)
    both = LinkSigner(NamedKeys.parse(f"{new},{old}"))
    assert both.read(before).link_id == LINK
    assert LinkSigner(NamedKeys.parse(new)).read(both.sign(LINK, END)).link_id == LINK
    with pytest.raises(NotOurs):
        LinkSigner(NamedKeys.parse(new)).read(before)


@pytest.mark.parametrize(
    "text",
    ["", "k1", "k1:short", "k 1:" + "A" * 43, a_key() + "," + a_key(), a_key("a") + ",", "k1:" + "A" * 42 + "!"],
    ids=["none", "a name", "short", "a space", "twice", "a comma", "no base64"],
)
def test_a_bad_list_of_keys_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(ValueError, match="entry") as refusal:
        NamedKeys.parse(text)
    assert not any(part in str(refusal.value) for part in text.split(":")[1:] if len(part) > 8)


def test_two_names_for_one_key_are_refused() -> None:
    one = a_key("one")
    with pytest.raises(ValueError, match="same key"):
        NamedKeys.parse(f"{one},two:{one.partition(':')[2]}")
