"""A security key as far as a registration needs one: without an attestation nothing is signed.

Its key is the generator of P-256 (SEC 2, section 2.4.2), so nobody knows how to sign in with it.
"""

import base64
import hashlib
import json
import os

X = bytes.fromhex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")
Y = bytes.fromhex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
ES256 = -7
PRESENT_WITH_KEY = b"\x45"


def origin(api_url):
    """The one that the sandbox accepts."""
    scheme, _, rest = api_url.partition("://")
    return f"{scheme}://localhost:{rest.rsplit(':', 1)[1]}"


def registration(api_url, ceremony_id, challenge):
    """The body of finish-webauthn-registration for what start-webauthn-registration answered."""
    credential_id = os.urandom(32)
    key = bytes.fromhex("a5010203262001215820") + X + bytes.fromhex("225820") + Y
    data = hashlib.sha256(b"localhost").digest() + PRESENT_WITH_KEY + bytes(4 + 16)
    data += len(credential_id).to_bytes(2, "big") + credential_id + key
    attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58" + bytes([len(data)]) + data
    spki = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004") + X + Y
    client_data = {
        "type": "webauthn.create",
        "challenge": base64.urlsafe_b64encode(base64.b64decode(challenge)).decode().rstrip("="),
        "origin": origin(api_url),
    }
    fields = {
        "raw_id": credential_id,
        "client_data_json": json.dumps(client_data).encode(),
        "authenticator_data": data,
        "attestation_object": attestation,
        "public_key": spki,
    }
    return {
        "ceremony_id": ceremony_id,
        "authenticator_name": "Security key",
        "origin": origin(api_url),
        **{name: base64.b64encode(value).decode() for name, value in fields.items()},
        "public_key_algorithm": ES256,
    }
