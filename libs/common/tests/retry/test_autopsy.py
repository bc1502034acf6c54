"""What a failure leaves in headers: enough to group and find it, nothing that nobody should read."""

import pytest
from bitloot_common.retry import headers as names
from bitloot_common.retry.autopsy import Autopsy, examine
from bitloot_common.scrub import scrub
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError


def fail(message: str) -> None:
    secret_local = "AAAAA-BBBB1-CCCCC"
    raise ValueError(message, secret_local)


def fail_elsewhere(message: str) -> None:
    raise ValueError(message)


def examined(function: object, *arguments: object) -> Autopsy:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        function(*arguments)  # type: ignore[operator]
    return examine(caught.value, scrub)


def test_one_place_and_class_is_one_group_whatever_the_message_says() -> None:
    assert examined(fail, "order 1").fingerprint == examined(fail, "order 2").fingerprint
    assert examined(fail, "order 1").fingerprint != examined(fail_elsewhere, "order 1").fingerprint


def test_a_group_is_named_by_the_first_own_frame_even_under_a_library() -> None:
    def via_library() -> None:
        sorted([1], key=lambda _: fail("x"))  # type: ignore[arg-type, return-value]

    assert examined(via_library).fingerprint == examined(fail, "x").fingerprint
    assert examined(via_library).error_class == "ValueError"


def test_the_input_that_failed_validation_is_not_told() -> None:
    class Model(BaseModel):
        code: int

    with pytest.raises(ValidationError) as caught:
        Model.model_validate({"code": "hunter2"})
    autopsy = examine(caught.value, scrub)
    assert autopsy.message == "Model: int_parsing at code"
    assert "hunter2" not in autopsy.stack


def test_no_local_value_and_no_secret_of_the_message_is_told() -> None:
    autopsy = examined(fail, "bearer abcdefghij is wrong")
    assert "AAAAA" not in autopsy.stack + autopsy.message
    assert "abcdefghij" not in autopsy.message


def test_the_stack_is_short_and_names_no_machine() -> None:
    def deep(level: int) -> None:
        if level:
            deep(level - 1)
        fail("x")

    autopsy = examined(deep, 200)
    assert len(autopsy.stack) <= 4_000
    assert autopsy.stack.splitlines()[-1].endswith("in fail")
    assert not any(line.startswith("/") for line in autopsy.stack.splitlines())


values = st.one_of(st.none(), st.binary(max_size=8))


@given(st.lists(st.tuples(st.sampled_from(["a", "ce_id", names.ATTEMPT, names.DUE_AT]), values)))
def test_foreign_headers_survive_in_order_with_repeats_and_nulls(headers: names.Headers) -> None:
    assert names.foreign(headers) == [(n, v) for n, v in headers if n in ("a", "ce_id")]


@given(st.integers(0, 2**62))
def test_numbers_are_read_as_we_write_them_and_as_spring_does(number: int) -> None:
    assert names.number({"n": str(number).encode()}, "n") == number
    binary = number.to_bytes(8, "big")
    if not binary.isdigit():
        assert names.number({"n": binary}, "n") == number
