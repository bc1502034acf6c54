"""A code shows itself only when asked by name."""

import copy
import dataclasses
import json
import logging
import pickle
import traceback

import orjson
import pytest
from bitloot_kinguin import Code, Delivered

SECRET = "AB3D5-FGH7J-KLM9P"


@pytest.fixture
def code() -> Code:
    return Code(SECRET, name="Demo", product_id="p", offer_id="o")


def test_it_is_revealed_by_name(code: Code) -> None:
    assert code.reveal() == SECRET


def test_its_repr_and_that_of_what_holds_it_hide_it(code: Code) -> None:
    assert SECRET not in repr(code) + repr([code]) + repr(Delivered("r", [code], complete=True))
    assert "text/plain" in repr(code)


@pytest.mark.parametrize(
    "leak",
    [
        str,
        print,
        lambda code: f"{code}",
        lambda code: "%s" % code,  # noqa: UP031
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        json.dumps,
        orjson.dumps,
        lambda code: dataclasses.asdict(Delivered("r", [code], complete=True)),
    ],
    ids=["str", "print", "f-string", "percent", "pickle", "copy", "deepcopy", "json", "orjson", "asdict"],
)
def test_whatever_would_write_it_somewhere_refuses(code: Code, leak: object) -> None:
    with pytest.raises(TypeError) as refused:
        leak(code)  # type: ignore[operator]
    assert SECRET not in str(refused.value)


def test_a_log_line_and_a_traceback_with_locals_do_not_show_it(code: Code, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("t").error("found %r", code)
    frames = traceback.TracebackException.from_exception(_failure(code), capture_locals=True)
    assert SECRET not in caplog.text + "".join(frames.format())


def _failure(code: Code) -> Exception:
    try:
        return _raise(code)
    except ValueError as error:
        return error


def _raise(code: Code) -> Exception:
    raise ValueError(f"no {code!r}")


def test_equal_codes_are_equal(code: Code) -> None:
    assert code == Code(SECRET)
    assert code != Code(SECRET + "X")
    assert len({code, Code(SECRET)}) == 1
    assert code != SECRET
