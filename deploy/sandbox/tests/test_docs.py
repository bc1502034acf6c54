"""/docs is the sandbox's own to the last byte: a machine without the internet shows it too."""

import re

from bitloot_sandbox.testing import SandboxProcess


async def test_docs_load_nothing_from_a_third_party(sandbox: SandboxProcess) -> None:
    own = f"http://127.0.0.1:{sandbox.port}"
    page = await sandbox.call("GET", "/docs")
    assert page.status == 200
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
    assert len(loaded) == 3
    for url in loaded:
        assert url.startswith(f"{own}/docs/assets/"), url
        file = await sandbox.call("GET", url.removeprefix(own))
        assert (file.status, len(file.body) > 500) == (200, True), url
    assert "/kinguin/auth/token" in (await sandbox.call("GET", "/openapi.json")).json()["paths"]
    assert (await sandbox.call("GET", "/redoc")).status == 404
