"""Promise 3: a delivered code is nowhere in plaintext. Greps every byte that the system wrote."""

import base64
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shop import Shop

CODE = "GREPME-7F3K9-Q2W8X-{n:05d}"


def spellings(code: str) -> list[bytes]:
    """The code as it could stand in a file: plain, hex, UTF-16, and Base64 at each alignment."""
    raw = code.encode()
    found = [raw, raw.hex().encode(), raw.hex().upper().encode(), code.encode("utf-16-le")]
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        found.append(encoded[4 if shift else 0 : len(encoded) // 4 * 4 - 4])
    return found


def contents(path: Path) -> Iterator[bytes]:
    """The file's bytes, and what is inside where it is compressed."""
    raw = path.read_bytes()
    yield raw
    for unpack in (gzip.decompress, zlib.decompress):
        try:
            yield unpack(raw)
        except (OSError, zlib.error, EOFError):
            continue


def files_with(code: str, root: Path, spare: Path) -> list[Path]:
    needles = spellings(code)
    return [
        path
        for path in root.rglob("*")
        if path.is_file() and spare not in path.parents
        if any(needle in content for content in contents(path) for needle in needles)
    ]


def test_the_search_finds_each_spelling(tmp_path: Path) -> None:
    code = CODE.format(n=1)
    for number, spelling in enumerate(spellings(code)):
        (tmp_path / f"{number}").write_bytes(b"before" + spelling + b"after")
    (tmp_path / "zipped").write_bytes(gzip.compress(code.encode()))
    (tmp_path / "shifted").write_bytes(base64.b64encode(b"xx" + code.encode() + b"yyy"))
    (tmp_path / "clean").write_bytes(b"nothing here")
    found = {path.name for path in files_with(code, tmp_path, tmp_path / "spared")}
    assert found == {str(number) for number in range(len(spellings(code)))} | {"zipped", "shifted"}


@pytest.mark.timeout(240)
async def test_a_delivered_code_is_found_nowhere(shop: Shop, system: Any) -> None:
    codes = [CODE.format(n=n) for n in range(3)]
    await shop.provider_settings(codes=codes)
    order = await shop.order("grep@example.com", quantity=3)
    await shop.pay(await shop.payment(order))
    await shop.reaches(order, "fulfilled")
    link = await shop.link_for(order)
    assert sorted(await shop.reveal(link)) == sorted(codes)
    no_script = await shop.http.post(f"{link}/reveal", headers={"Accept": "text/html"})
    assert no_script.status_code == 200
    assert all(code in no_script.text for code in codes), "the page without JavaScript shows them too"

    system.flush()  # PostgreSQL's checkpoint: what is in memory is on disk before we look
    root, sandbox = Path(system.directory), Path(system.data_dir("sandbox"))
    assert files_with(codes[0], sandbox, root / "nowhere"), "the provider's own ledger holds it: the search works"
    for code in codes:
        assert files_with(code, root, spare=sandbox) == []
