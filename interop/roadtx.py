"""roadtx as a broker: it joins a device, gets a PRT and uses it, in the second to the fourth version of its protocol."""

import base64
import hashlib
import json
import os
import secrets
import subprocess
import tempfile
from urllib.parse import parse_qs, urlencode, urlsplit

from server import clean_environment

BROKER = "29d9ed98-a469-4536-ade2-f981bc1d605e"
PLUGIN = "38aa3b87-a06d-4817-b275-7a316988d93b"
PLUGIN_RETURN = f"ms-appx-web://Microsoft.AAD.BrokerPlugin/{PLUGIN}"
DRS = "urn:ms-drs:enterpriseregistration.windows.net"
RETURN = "http://127.0.0.1:9/"
EXPECTED = {
    # There are no passwords.
    "gettokens, password": (False, "AADSTS70003"),
    "codeauth, the broker, with PKCE": (True, "refresh token"),
    "refreshtokento, registration": (True, f"aud={DRS}"),
    "device join": (True, "profile=strict"),
    "prt request": (True, "a session key of 32 bytes"),
    "prtauth": (True, "deviceid"),
    "prt renew": (True, "another PRT, the same session key"),
    "prtauth, with the renewed PRT": (True, "deviceid"),
    "prt request, protocol v3": (True, "a session key of 32 bytes"),
    "prtauth, protocol v3": (True, "deviceid"),
    "prt renew, protocol v3": (True, "another PRT, the same session key"),
    # It sends no PKCE challenge with a cookie, which no app of a tenant is let off: it looks for a code in the error.
    "cookie, an app": (False, "KeyError: 'code'"),
    "cookie, the plug-in, switched off": (False, "No authentication code was returned"),
    "cookie, the plug-in, switched on": (True, "deviceid"),
    "prtcookie": (True, "signed in to the app without a page"),
    # As a Mac, with a P-256 key that is the device key and the transport key.
    "device join, macOS 14": (True, "suite=deviceKey"),
    # The server gives the PRT; roadtx calls a function on it that roadlib does not have.
    "prt request, protocol v4": (False, "calculate_derived_key_ecdh"),
    "prt request, v4, by roadlib": (True, "no session key"),
    "prtauth, protocol v4": (True, "deviceid"),
    "prt renew, protocol v4": (True, "another PRT"),
    "prtauth, v4, with the renewed PRT": (True, "deviceid"),
    # Its word for it is a certificate of TLS, for which the server does not ask.
    "device delete": (False, "Error deleting device"),
}


class Refused(Exception):
    """What the program said in place of what was wanted."""


def described(token):
    body = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return f"aud={claims['aud']}" + (" deviceid" if "deviceid" in claims else "")


class Roadtx:
    """The program, in a folder of its own."""

    def __init__(self, ground, python, folder):
        self.ground, self.python, self.folder = ground, python, folder
        known = {"PASSBAND_PORT": str(urlsplit(ground.server.url).port), "REQUESTS_CA_BUNDLE": ground.server.ca}
        self.environment = clean_environment() | known

    def run(self, *words, wanted, program="roadtx_cli.py"):
        """Runs a command, which says what is wanted when it works."""
        program = os.path.join(os.path.dirname(os.path.abspath(__file__)), program)
        command = [self.python, program, *words]
        pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
        done = subprocess.run(command, cwd=self.folder, env=self.environment, text=True, timeout=60, **pipe)
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        if done.returncode != 0 or wanted not in done.stdout:
            # The first line of an exception is its trace; what it is stands in the last. Others say it first.
            told = [line for line in lines if line.startswith(("Error", "No auth"))]
            raise Refused(" ".join(told or lines[-1:]) or f"ended with {done.returncode}")
        return done.stdout

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return json.load(file)

    def tokens(self, *words):
        """A command that ends with tokens in a file."""
        self.run(*words, wanted="Tokens were written to .roadtools_auth")
        return self.read(".roadtools_auth")

    def code(self):
        """The person's sign-in for the broker, in their browser; a refresh token in the file."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "client_id": BROKER,
            "response_type": "code",
            "redirect_uri": RETURN,
            "scope": "openid offline_access",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        back = self.ground.person.follow(f"{self.ground.server.url}/common/oauth2/v2.0/authorize?{urlencode(query)}")
        [code] = parse_qs(urlsplit(back).query)["code"]
        options = ["-s", "openid offline_access", "-ru", RETURN, "--pkce-secret", verifier]
        tokens = self.tokens("codeauth", "-c", BROKER, *options, code)
        return f"refresh token of {len(tokens['refreshToken'])} characters"

    def registration(self):
        return described(self.tokens("refreshtokento", "-c", BROKER, "-r", DRS)["accessToken"])

    def join(self):
        # As joined while nothing weaker is switched on: it needs nothing weaker.
        self.run("device", "-a", "join", "-n", "laptop", "-c", "d.pem", "-k", "d.key", wanted="Saved device certificate")
        [device] = self.ground.server.admin("GET", "/devices")["value"]
        return f"{device['displayName']}, profile={device['passband_clientProfile']}"

    def join_mac(self):
        self.code()
        self.registration()
        words = ["device", "-a", "join", "-n", "mac", "--device-type", "macos14", "-c", "m.pem", "-k", "m.key"]
        self.run(*words, wanted="Saved device certificate")
        devices = self.ground.server.admin("GET", "/devices")["value"]
        [device] = [each for each in devices if each["displayName"] == "mac"]
        return f"{device['displayName']}, profile={device['passband_clientProfile']} suite={device['passband_suite']}"

    def request_v4(self):
        self.code()
        words = ["prt", "-a", "request", "-v4", "-c", "m.pem", "-k", "m.key", "-r", "file", "-f", "mac.prt"]
        return self.run(*words, wanted="Saved PRT to mac.prt")

    def request_by_roadlib(self):
        self.code()
        self.run("m.pem", "m.key", "mac.prt", wanted="Saved PRT to mac.prt", program="roadlib_v4.py")
        prt = self.read("mac.prt")
        return "a session key" if "session_key_jwe" in prt else "no session key"

    def renew_v4(self):
        before = self.read("mac.prt")
        words = ["prt", "-a", "renew", "-v4", "-c", "m.pem", "-k", "m.key", "-f", "mac.prt"]
        self.run(*words, wanted="Saved PRT to mac.prt")
        return "the same PRT" if before["refresh_token"] == self.read("mac.prt")["refresh_token"] else "another PRT"

    def request(self, *options):
        words = ["prt", "-a", "request", "-c", "d.pem", "-k", "d.key", "-r", "file", *options]
        self.run(*words, wanted="Saved PRT to roadtx.prt")
        return f"a session key of {len(bytes.fromhex(self.read('roadtx.prt')['session_key']))} bytes"

    def again(self, *options):
        self.code()
        return self.request(*options)

    def renew(self, *options):
        before = self.read("roadtx.prt")
        self.run("prt", "-a", "renew", *options, wanted="Saved PRT to roadtx.prt")
        after = self.read("roadtx.prt")
        prt = "the same" if before["refresh_token"] == after["refresh_token"] else "another"
        key = "the same" if before["session_key"] == after["session_key"] else "another"
        return f"{prt} PRT, {key} session key"

    def exchange(self, *options):
        return described(self.tokens("prtauth", "-c", self.ground.app_id, *options)["accessToken"])

    def cookie(self, client, redirect):
        prt = self.read("roadtx.prt")
        words = ["gettokens", "--prt", prt["refresh_token"], "--prt-sessionkey", prt["session_key"]]
        words += ["-c", client, "-r", self.ground.api, "--redirect-url", redirect]
        return described(self.tokens(*words)["accessToken"])

    def switched_on(self):
        self.ground.server.admin("PATCH", f"/applications/{PLUGIN}", {"passband_enabled": True})
        return self.cookie(PLUGIN, PLUGIN_RETURN)

    def browser(self):
        """What it prints for a browser, put into one that nobody is signed in at."""
        said = self.run("prtcookie", wanted="x-ms-RefreshTokenCredential")
        [cookie] = [word for word in said.split() if word.count(".") == 2 and word.startswith("eyJ")]
        query = {
            "client_id": self.ground.app_id,
            "response_type": "code",
            "redirect_uri": RETURN,
            "scope": "openid",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "code_challenge_method": "S256",
        }
        page = self.ground.server.http.get(
            f"{self.ground.server.url}/common/oauth2/v2.0/authorize?{urlencode(query)}",
            headers={"x-ms-RefreshTokenCredential": cookie, "Sec-Fetch-Mode": "navigate"},
            allow_redirects=False,
        )
        if not page.headers.get("Location", "").startswith(f"{RETURN}?code="):
            raise Refused(f"{page.status_code} and no code")
        return "signed in to the app without a page"

    def delete(self):
        return self.run("device", "-a", "delete", "-c", "d.pem", "-k", "d.key", wanted="Device was deleted")


def run(ground, python, transcript):
    with tempfile.TemporaryDirectory(prefix="passband-roadtx-") as folder:
        roadtx = Roadtx(ground, python, folder)
        newer = ("-s", f"{ground.api}/.default offline_access", "-v3")
        mac = ("-s", f"{ground.api}/.default offline_access", "-f", "mac.prt")
        keys = ("--cert-pem", "m.pem", "-k", "m.key")
        password = ("gettokens", "-u", ground.person.upn, "-p", "x")
        for step, act in {
            "gettokens, password": lambda: described(roadtx.tokens(*password)["accessToken"]),
            "codeauth, the broker, with PKCE": roadtx.code,
            "refreshtokento, registration": roadtx.registration,
            "device join": roadtx.join,
            "prt request": roadtx.request,
            "prtauth": lambda: roadtx.exchange("-r", ground.api),
            "prt renew": roadtx.renew,
            "prtauth, with the renewed PRT": lambda: roadtx.exchange("-r", ground.api),
            "prt request, protocol v3": lambda: roadtx.again("-v3"),
            "prtauth, protocol v3": lambda: roadtx.exchange(*newer),
            "prt renew, protocol v3": lambda: roadtx.renew("-v3"),
            "cookie, an app": lambda: roadtx.cookie(ground.app_id, RETURN),
            "cookie, the plug-in, switched off": lambda: roadtx.cookie(PLUGIN, PLUGIN_RETURN),
            "cookie, the plug-in, switched on": roadtx.switched_on,
            "prtcookie": roadtx.browser,
            "device join, macOS 14": roadtx.join_mac,
            "prt request, protocol v4": roadtx.request_v4,
            "prt request, v4, by roadlib": roadtx.request_by_roadlib,
            "prtauth, protocol v4": lambda: roadtx.exchange(*mac, "-v4", *keys),
            "prt renew, protocol v4": roadtx.renew_v4,
            "prtauth, v4, with the renewed PRT": lambda: roadtx.exchange(*mac, "-v4", *keys),
            "device delete": roadtx.delete,
        }.items():
            transcript.attempt(step, act)

