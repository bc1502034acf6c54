"""Promise 3: a delivered code is nowhere in plaintext. Greps every byte that the system wrote."""

import base64
import gzip
from pathlib import Path

import pytest
from search import files_with, spellings
from shop import Shop
from stack import Stack

CODE = "GREPME-7F3K9-Q2W8X-{n:05d}"


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
async def test_a_delivered_code_is_found_nowhere(shop: Shop, stack: Stack, tmp_path: Path) -> None:
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

    written = stack.written(tmp_path)
    found = files_with(codes[0], written.sandbox, tmp_path / "nowhere")
    assert found, "the provider's own ledger holds it: the search works"
    for code in codes:
        assert files_with(code, written.root, spare=written.sandbox) == []
