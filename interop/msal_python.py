"""MSAL Python as an ordinary app: each way to name the server, a sign-in with a passkey, silence, a device code."""

import base64
import json
import time
import warnings
from urllib.parse import parse_qsl, urlsplit

import msal

# The answer comes back in the address here, since nobody listens.
warnings.filterwarnings("ignore", message="response_mode=", category=UserWarning)
RETURN = "http://127.0.0.1:9/"
EXPECTED = {
    "instance_discovery=False": (True, "home_account_id=oid.tid"),
    "silent refresh": (True, "a new access token"),
    "the same code again": (False, "invalid_grant"),
    "instance_discovery=URL": (True, "home_account_id=oid.tid"),
    "oidc_authority, v2.0": (True, "home_account_id=oid.tid"),
    "oidc_authority, v1": (True, "home_account_id=oid.tid"),
    # It wants a tenant in the path, and says so before it asks anybody.
    "oidc_authority, no tenant": (False, "minimum of one segment in a path"),
    "device code": (True, "home_account_id=oid.tid"),
    "device code, not approved": (False, "authorization_pending"),
}


class Client:
    """One app of MSAL, however it was told where the server is."""

    def __init__(self, ground, **where):
        self.ground = ground
        self.app = msal.PublicClientApplication(ground.app_id, verify=ground.server.ca, **where)
        self.app_scopes = [ground.api + "/.default"]

    def sign_in(self):
        flow = self.app.initiate_auth_code_flow(self.app_scopes, redirect_uri=RETURN)
        back = self.ground.person.follow(flow["auth_uri"])
        self.flow, self.answer = flow, dict(parse_qsl(urlsplit(back).query))
        return self.described(self.app.acquire_token_by_auth_code_flow(flow, self.answer))

    def described(self, result):
        if "error" in result:
            raise RuntimeError(f"{result['error']}: {result.get('error_description')}")
        claims = payload(result["access_token"])
        if claims["aud"] != self.ground.api:
            raise RuntimeError(f"a token for {claims['aud']}")
        [account] = [each for each in self.app.get_accounts() if each["username"] == self.ground.person.upn]
        wanted = f"{result['id_token_claims']['oid']}.{self.ground.server.tenant}"
        named = "oid.tid" if account["home_account_id"] == wanted else account["home_account_id"]
        return f"aud={claims['aud']} home_account_id={named}"

    def again(self):
        return self.described(self.app.acquire_token_by_auth_code_flow(self.flow, self.answer))

    def silent(self):
        [account] = self.app.get_accounts()
        cached = self.app.acquire_token_silent(self.app_scopes, account)
        fresh = self.app.acquire_token_silent(self.app_scopes, account, force_refresh=True)
        if not cached or not fresh:
            raise RuntimeError("nothing")
        self.described(fresh)
        return "from the cache, then " + ("the same" if cached == fresh else "a new access token")

    def device_code(self):
        flow = self.app.initiate_device_flow(self.app_scopes)
        if "user_code" not in flow:
            raise RuntimeError(json.dumps(flow))
        self.ground.person.approve(flow["user_code"])
        return self.described(self.app.acquire_token_by_device_flow(flow))

    def unapproved(self):
        flow = self.app.initiate_device_flow(self.app_scopes)
        # One poll, and no more.
        flow["expires_at"] = time.time()
        return self.described(self.app.acquire_token_by_device_flow(flow))


def payload(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def run(ground, transcript):
    url, tenant = ground.server.url, ground.server.tenant
    under = f"{url}/{tenant}"
    first = Client(ground, authority=under, instance_discovery=False)
    transcript.attempt("instance_discovery=False", first.sign_in)
    transcript.attempt("silent refresh", first.silent)
    transcript.attempt("the same code again", first.again)
    ways = {
        "instance_discovery=URL": {"authority": under, "instance_discovery": f"{url}/common/discovery/instance"},
        "oidc_authority, v2.0": {"oidc_authority": f"{under}/v2.0"},
        "oidc_authority, v1": {"oidc_authority": under},
        "oidc_authority, no tenant": {"oidc_authority": url},
    }
    for step, where in ways.items():
        transcript.attempt(step, lambda where=where: Client(ground, **where).sign_in())
    last = Client(ground, authority=under, instance_discovery=False)
    transcript.attempt("device code", last.device_code)
    transcript.attempt("device code, not approved", last.unapproved)
