"""MSAL Python as an ordinary app: each way to name the server, a sign-in with a passkey, silence, a device code."""

import base64
import contextlib
import json
import socket
import time
import warnings
import webbrowser
from urllib.parse import parse_qsl, urlsplit

import msal

# The answer comes back in the address here, since nobody listens.
warnings.filterwarnings("ignore", message="response_mode=", category=UserWarning)
RETURN = "http://127.0.0.1:9/"
# Where MSAL listens for the answer to an interactive sign-in: this, with a port of its choice.
NATIVE = "http://localhost"
# A further name in the certificate.
OTHER = "login.example.test"
EXPECTED = {
    "instance_discovery=False": (True, "home_account_id=oid.tid"),
    "silent refresh": (True, "a new access token"),
    "the same code again": (False, "invalid_grant"),
    "instance_discovery=URL": (True, "home_account_id=oid.tid"),
    "oidc_authority, v2.0": (True, "home_account_id=oid.tid"),
    "oidc_authority, v1": (True, "home_account_id=oid.tid"),
    # It wants a tenant in the path, and says so before it asks anybody.
    "oidc_authority, no tenant": (False, "minimum of one segment in a path"),
    "interactive": (True, "home_account_id=oid.tid"),
    "another host name": (True, "home_account_id=oid.tid"),
    "a host name not asked for": (False, "certificate is not valid for"),
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

    def interactive(self):
        """MSAL opens a browser, listens on a port of its own, and wants its answer by POST."""
        asked = []

        class Browser(webbrowser.BaseBrowser):
            def open(_, url, new=0, autoraise=True):
                asked.append(url)
                return self.ground.person.follow_in_background(url)

        webbrowser.register("person", None, Browser(), preferred=True)
        result = self.app.acquire_token_interactive(self.app_scopes, timeout=30)
        said = self.described(result)
        query = dict(parse_qsl(urlsplit(asked[0]).query))
        if not query["redirect_uri"].startswith(NATIVE + ":"):
            raise RuntimeError(f"answered at {query['redirect_uri']}")
        return f"response_mode={query['response_mode']}, any port of {NATIVE}; {said}"

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


@contextlib.contextmanager
def resolving(name):
    """Has a name lead to this machine, as a line in /etc/hosts would."""
    real = socket.getaddrinfo
    socket.getaddrinfo = lambda host, *more, **named: real("127.0.0.1" if host == name else host, *more, **named)
    try:
        yield
    finally:
        socket.getaddrinfo = real


def by_name(ground, name):
    """Signs in at a server that is asked under a name of its certificate that is not its public one."""
    with resolving(name):
        there = f"https://{name}:{urlsplit(ground.server.url).port}/{ground.server.tenant}"
        return Client(ground, authority=there, instance_discovery=False).sign_in()


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
    transcript.attempt("interactive", Client(ground, authority=under, instance_discovery=False).interactive)
    transcript.attempt("another host name", lambda: by_name(ground, OTHER))
    transcript.attempt("a host name not asked for", lambda: by_name(ground, "login.example.org"))
    last = Client(ground, authority=under, instance_discovery=False)
    transcript.attempt("device code", last.device_code)
    transcript.attempt("device code, not approved", last.unapproved)
