"""Runs real clients against a server made for the run: run.py PASSBAND HIMMELBLAU FOLDER [PART ...]

The parts are himmelblau, msal-python, msal-node and roadtx; FOLDER is where scripts/interop installed them. Exits with 1 if a step came out otherwise than expected.
"""

import json
import os
import subprocess
import sys

import msal_python
import roadtx
from person import Person
from roadtx_cli import NAMES
from server import Server, clean_environment
from transcript import Transcript

HERE = os.path.dirname(os.path.abspath(__file__))
NODE_EXPECTED = {
    "authority": (True, "homeAccountId=oid.tid"),
    "silent refresh": (True, "a new access token"),
    "the same code again": (False, "invalid_grant"),
    "device code": (True, "homeAccountId=oid.tid"),
    "authority v2.0, OIDC": (True, "homeAccountId=oid.tid"),
}


class Ground:
    """A server over TLS, somebody with a passkey, and an app with an API."""

    api = "api://interop"

    def __init__(self, server):
        self.server = server
        body = {
            "displayName": "An ordinary app",
            "identifierUris": [self.api],
            "publicClient": {"redirectUris": [msal_python.RETURN, msal_python.NATIVE]},
        }
        self.app_id = server.admin("POST", "/applications", body)["appId"]
        self.person = Person(server, "grace@localhost", "Grace Hopper")


def himmelblau(program, passband):
    server, failed = Server(passband, tls=False), True
    try:
        known = {"PASSBAND_URL": server.url, "PASSBAND_TOKEN": server.token, "HIMMELBLAU_DISCOVERY_URL": server.url}
        code = subprocess.run([program], env=clean_environment() | known, timeout=600).returncode
        failed = code != 0
        return code
    finally:
        server.stop(failed)


def with_ground(passband, part):
    server, differences = Server(passband, tls=True, names=[msal_python.OTHER, *NAMES]), 1
    try:
        differences = part(Ground(server))
        return differences
    finally:
        server.stop(differences != 0)


def python(ground):
    transcript = Transcript(msal_python.EXPECTED)
    msal_python.run(ground, transcript)
    return transcript.end()


def node(ground, folder):
    transcript = Transcript(NODE_EXPECTED)
    known = {
        "PASSBAND_URL": ground.server.url,
        "PASSBAND_TENANT": ground.server.tenant,
        "PASSBAND_APP": ground.app_id,
        "PASSBAND_API": ground.api,
        "NODE_EXTRA_CA_CERTS": ground.server.ca,
    }
    folder = os.path.join(folder, "node")
    command = [os.path.join(folder, "node"), "msal_node.mjs"]
    pipe = subprocess.PIPE
    known = clean_environment() | known
    with subprocess.Popen(command, cwd=folder, env=known, stdin=pipe, stdout=pipe, text=True) as child:
        for line in child.stdout:
            verb, _, rest = line.strip().partition(" ")
            if verb == "step":
                step = json.loads(rest)
                transcript.tell(step["name"], step["works"], step["said"])
            elif verb in ("visit", "approve"):
                child.stdin.write(json.dumps(asked(ground.person, verb, rest)) + "\n")
                child.stdin.flush()
    return transcript.end()


def broker(ground, folder):
    transcript = Transcript(roadtx.EXPECTED)
    roadtx.run(ground, os.path.join(folder, "roadtx", "bin", "python"), transcript)
    return transcript.end()


def asked(person, verb, what):
    try:
        return {"ok": True, "said": (person.follow if verb == "visit" else person.approve)(what)}
    except Exception as error:  # noqa: BLE001: the client is told, and says it in its step
        return {"ok": False, "said": str(error)}


def main():
    # MSAL asks through requests, which a proxy or a store of this machine would get in the way of.
    for name in os.environ.keys() - clean_environment().keys():
        del os.environ[name]
    passband, program, folder, *parts = sys.argv[1:]
    known = {
        "himmelblau": lambda: himmelblau(program, passband),
        "msal-python": lambda: with_ground(passband, python),
        "roadtx": lambda: with_ground(passband, lambda ground: broker(ground, folder)),
        "msal-node": lambda: with_ground(passband, lambda ground: node(ground, folder)),
    }
    parts = parts or list(known)
    if unknown := [part for part in parts if part not in known]:
        sys.exit(f"no such part: {', '.join(unknown)}; there are {', '.join(known)}")
    wrong = []
    for part in parts:
        print(f"== {part}", flush=True)
        if known[part]() != 0:
            wrong.append(part)
    if wrong:
        sys.exit(f"interop: differences in {', '.join(wrong)}")
    print(f"interop: {len(parts)} clients, no differences")


main()
