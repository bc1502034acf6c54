from pathlib import Path

from bitloot_local.mailbox.store import Store


def test_half_a_line_of_a_killed_write_is_dropped_and_the_rest_kept(tmp_path: Path) -> None:
    file = tmp_path / "mails.jsonl"
    Store(file).add({"id": "a"})
    with file.open("a") as half:
        half.write('{"id": "b", "sub')

    store = Store(file)
    store.add({"id": "c"})

    assert [mail["id"] for mail in Store(file).all()] == ["a", "c"]


def test_a_forgotten_mail_stays_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "mails.jsonl"
    store = Store(file)
    store.add({"id": "a"})
    store.add({"id": "b"})

    assert store.forget("a")

    assert [mail["id"] for mail in Store(file).all()] == ["b"]
