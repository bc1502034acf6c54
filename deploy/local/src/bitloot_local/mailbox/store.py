"""The mails, in memory and in one file of JSON lines, so that they survive a restart."""

import json
import os
from pathlib import Path
from typing import Any

Mail = dict[str, Any]


class Store:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._mails: dict[str, Mail] = {}
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():
            self._mails = {mail["id"]: mail for mail in _whole_lines(file)}

    def add(self, mail: Mail) -> None:
        """Returns when the mail is on disk: only then may the sender be told that it was accepted."""
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(mail, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._mails[mail["id"]] = mail

    def all(self) -> list[Mail]:
        return list(self._mails.values())

    def get(self, mail_id: str) -> Mail | None:
        return self._mails.get(mail_id)

    def forget(self, mail_id: str) -> bool:
        if self._mails.pop(mail_id, None) is None:
            return False
        self._rewrite()
        return True

    def forget_all(self) -> None:
        self._mails.clear()
        self._rewrite()

    def _rewrite(self) -> None:
        draft = self._file.with_suffix(".tmp")
        lines = [json.dumps(mail, ensure_ascii=False) + "\n" for mail in self._mails.values()]
        draft.write_text("".join(lines), encoding="utf-8")
        draft.replace(self._file)


def _whole_lines(file: Path) -> list[Mail]:
    """A kill in the middle of a write leaves half a line: that mail was never accepted."""
    text = file.read_text(encoding="utf-8", errors="replace")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        file.write_text(whole, encoding="utf-8")
    return [json.loads(line) for line in whole.splitlines() if line]
