"""Signatures and spelling of IPNs, against Node's own JSON.stringify and crypto."""

import json
import random
import shutil
import struct
import subprocess
import uuid
from typing import Any

import pytest
from bitloot_sandbox.nowpayments.javascript import stringify
from bitloot_sandbox.testing import Received, Receiver, SandboxProcess

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node, the independent implementation, is not installed")

# The provider's SDK sorts with arrays kept; its documented sample turns arrays into objects.
SIGN = """
const crypto = require("crypto"), fs = require("fs");
const {bodies, secret} = JSON.parse(fs.readFileSync(0, "utf8"));
const sorted = (value, arrays) => value && typeof value === "object" && (arrays || !Array.isArray(value))
  ? Object.keys(value).sort().reduce((out, key) => (out[key] = sorted(value[key], arrays), out), {})
  : Array.isArray(value) ? value.map(element => sorted(element, arrays)) : value;
const sign = text => crypto.createHmac("sha512", secret).update(text).digest("hex");
console.log(JSON.stringify(bodies.map(body => {
  const value = JSON.parse(body), text = JSON.stringify(sorted(value, false));
  return {text, kept: sign(text), objects: sign(JSON.stringify(sorted(value, true)))};
})));
"""
SPELL = """
const doubles = JSON.parse(require("fs").readFileSync(0, "utf8"));
const view = new DataView(new ArrayBuffer(8));
console.log(JSON.stringify(doubles.map(hex => { view.setBigUint64(0, BigInt("0x" + hex));
  return JSON.stringify(view.getFloat64(0)); })));
"""


def node(script: str, given: Any) -> Any:
    assert NODE
    run = subprocess.run([NODE, "-e", script], input=json.dumps(given), capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def signed_by_node(ipns: list[Received]) -> list[dict[str, str]]:
    bodies = [ipn.body.decode() for ipn in ipns]
    signed: list[dict[str, str]] = node(SIGN, {"bodies": bodies, "secret": "np-ipn-secret"})
    return signed


async def finished_ipns(sandbox: SandboxProcess, shop: Receiver, count: int, **settings: Any) -> list[Received]:
    await sandbox.settings(ipnOnCreate=False, **settings)
    batch = uuid.uuid4().hex
    for n in range(count):
        body = {
            "price_amount": 9.99 + n,
            "price_currency": "eur",
            "pay_currency": "btc",
            "order_id": f"{batch}-{n}",
            "order_description": 'Łódź "Quest" ✦ \\ \t 🎮',
            "ipn_callback_url": f"{shop.url}/ipn",
        }
        answer = await sandbox.call("POST", "/nowpayments/v1/payment", body, headers={"x-api-key": "np-api-key"})
        await sandbox.control(f"payments/{answer.json()['payment_id']}", {"status": "finished"})
    return await shop.gets(batch, count=count)


async def test_ipns_are_spelt_and_signed_as_node_does(sandbox: SandboxProcess, shop: Receiver) -> None:
    ipns = await finished_ipns(sandbox, shop, 20, seed=1)
    for ipn, theirs in zip(ipns, signed_by_node(ipns), strict=True):
        assert ipn.body.decode() == theirs["text"]
        assert ipn.headers["x-nowpayments-sig"] == theirs["kept"]


async def test_arrays_may_be_signed_as_objects(sandbox: SandboxProcess, shop: Receiver) -> None:
    quirks = {"ipnSignsArraysAsObjects": True, "ipnExtraIds": True}
    ipns = await finished_ipns(sandbox, shop, 1, **quirks)
    [theirs] = signed_by_node(ipns)
    assert ipns[0].headers["x-nowpayments-sig"] == theirs["objects"] != theirs["kept"]


async def test_the_quirks_all_come(sandbox: SandboxProcess, shop: Receiver) -> None:
    ipns = await finished_ipns(sandbox, shop, 20, seed=1)
    bodies = [ipn.json() for ipn in ipns]
    assert any(b'"depositFee":0.000083,' in ipn.body for ipn in ipns)
    assert {type(body["fee"]["depositFee"]) for body in bodies} == {float, str}
    assert {"updated_at" in body for body in bodies} == {True, False}
    assert {type(body["payment_extra_ids"]) for body in bodies} == {type(None), list}
    assert all("created_at" not in body for body in bodies)
    assert all(body["updated_at"] > 1e12 for body in bodies if "updated_at" in body)


def test_numbers_are_spelt_as_node_does() -> None:
    chance = random.Random(7)
    doubles = [0.0, -0.0, 8.3e-05, 1e-6, 9.99e-7, 1e-7, 13.0, 1e20, 1e21, 123456789012345680000.0, 5e-324]
    doubles += [chance.uniform(0, 1) * 10 ** chance.randint(-12, 24) for _ in range(5_000)]
    doubles += [struct.unpack(">d", chance.randbytes(8))[0] for _ in range(5_000)]
    theirs = node(SPELL, [struct.pack(">d", number).hex() for number in doubles])
    assert [stringify(number) for number in doubles] == theirs
