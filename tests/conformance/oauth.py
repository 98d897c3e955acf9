"""Authlib, a client library that others wrote, gets tokens of a running demo and pushes with them: by its secret in the header and in
the body, and by a signed assertion (private_key_jwt) with a key of each kind.

    python oauth.py ADDRESS        with the demo's tokens in SECURITY and OFFICER
"""

import os
import sys
import time

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.jwk import ECKey, OKPKey, RSAKey

ADDRESS = sys.argv[1]
URL = f"{ADDRESS}/v1/oauth/token"
KEYS = {
    "ES256": ECKey.generate_key("P-256", {"kid": "es", "use": "sig"}),
    "RS256": RSAKey.generate_key(2048, {"kid": "rs", "use": "sig"}),
    "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "ed", "use": "sig"}),
}


def asked(role, method, path, body=None):
    """What an official of the demo is answered."""
    headers = {"Authorization": f"Bearer {os.environ[role]}"}
    answer = requests.request(method, ADDRESS + path, json=body, headers=headers, timeout=30)
    assert answer.ok, (path, answer.status_code, answer.text)
    return answer.json()


def registered():
    """A client of one of the demo's platforms, with public keys and a secret."""
    platform = asked("OFFICER", "GET", "/v1/learning-platforms")["items"][0]["platform_id"]
    keys = [key.as_dict(private=False) for key in KEYS.values()]
    client = asked("SECURITY", "POST", "/v1/clients", {
        "kind": "platform", "platform_id": platform, "name": "Authlib", "scopes": ["completions:read", "courses:read"],
        "jwks": {"keys": keys},
    })["client_id"]
    return client, asked("SECURITY", "POST", f"/v1/clients/{client}/secrets", {})["client_secret"]


class ShortAssertion(PrivateKeyJWT):
    """Authlib's own holds for an hour, and the service takes none that holds for more than five minutes."""

    def sign(self, auth, token_endpoint):
        # New each time: the library writes its `jti` into what it is given.
        self.claims = {"exp": int(time.time()) + 120}
        return super().sign(auth, token_endpoint)


def by_key(private, algorithm, kind=ShortAssertion):
    """A session that proves itself by a signed assertion."""
    session = OAuth2Session(CLIENT, private, token_endpoint_auth_method="private_key_jwt")
    session.register_client_auth_method(
        kind(METADATA["token_endpoint"], headers={"kid": KEYS[algorithm].kid}, alg=algorithm))
    return session


def works(way, session):
    """A token that the library has got opens an operation, and is asked for anew when it is asked again."""
    first = session.fetch_token(URL, grant_type="client_credentials")
    assert first["expires_in"] == 900 and first["scope"] == "completions:read courses:read", first
    caller = session.get(f"{ADDRESS}/v1/caller", timeout=30)
    assert caller.status_code == 200 and caller.json()["kind"] == "platform", caller.text
    second = session.fetch_token(URL, grant_type="client_credentials", scope="courses:read")
    assert second["scope"] == "courses:read", second
    print(f"Authlib by {way}: two tokens, and they hold")


def refused(way, session, wanted):
    try:
        session.fetch_token(URL, grant_type="client_credentials")
    except OAuthError as error:
        assert error.error == wanted, (way, error)
        print(f"Authlib by {way}: {wanted}")
        return
    raise AssertionError(f"{way}: a token")


CLIENT, SECRET = registered()
# As a library does that reads them: what signed assertions must be for stands in the metadata.
METADATA = requests.get(f"{ADDRESS}/.well-known/oauth-authorization-server", timeout=30).json()
for method in ("client_secret_basic", "client_secret_post"):
    assert method in METADATA["token_endpoint_auth_methods_supported"]
    works(method, OAuth2Session(CLIENT, SECRET, token_endpoint_auth_method=method))
    refused(f"{method}, wrong", OAuth2Session(CLIENT, SECRET + "x", token_endpoint_auth_method=method), "invalid_client")
for name, key in KEYS.items():
    works(f"private_key_jwt, {name}", by_key(key, name))
refused("private_key_jwt, for an hour", by_key(KEYS["ES256"], "ES256", PrivateKeyJWT), "invalid_client")
refused("private_key_jwt, a stranger's key", by_key(ECKey.generate_key("P-256", {"kid": "es"}), "ES256"), "invalid_client")
