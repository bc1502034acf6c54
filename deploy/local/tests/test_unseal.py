import base64
import json
import secrets

import pytest
from bitloot_local.purchase import unseal
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey


def sealed_with(key: bytes) -> str:
    document = json.dumps({"orderId": "o1", "codes": [{"code": "AAAA-BBBB", "type": "text/plain"}]})
    header = {"alg": "dir", "enc": "A256GCM"}
    return jwe.encrypt_compact(header, document.encode(), OctKey.import_key(key), algorithms=["dir", "A256GCM"])


def test_the_data_key_opens_the_document_and_no_other_does() -> None:
    key = secrets.token_bytes(32)
    told = base64.urlsafe_b64encode(key).decode().rstrip("=")
    other = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    assert unseal(sealed_with(key), told)["codes"][0]["code"] == "AAAA-BBBB"
    with pytest.raises(JoseError):
        unseal(sealed_with(key), other)
