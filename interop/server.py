"""A server for one run: its own folder and port, gone when the run is."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time

import requests


def clean_environment():
    """What a client is run with: no proxy, and no certificate store of this machine in place of its own."""
    unwanted = ("_proxy", "ssl_cert_file", "ssl_cert_dir", "requests_ca_bundle", "curl_ca_bundle")
    return {name: value for name, value in os.environ.items() if not name.lower().endswith(unwanted)}


class Server:
    """A running `passband serve`, and its admin API."""

    def __init__(self, program, tls, names=()):
        self.program, self.folder = program, tempfile.mkdtemp(prefix="passband-interop-")
        port = free_port()
        self.url = f"{'https' if tls else 'http'}://localhost:{port}"
        command = [program, "serve", "--data", self.folder, "--listen", f"127.0.0.1:{port}", "--public-url", self.url]
        if tls:
            command += ["--tls-dev"] + [word for name in names for word in ("--tls-dev-name", name)]
        self.log = open(os.path.join(self.folder, "interop.log"), "wb")
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=self.log, env=clean_environment()
        )
        self.ca = os.path.join(self.folder, "tls-dev-ca.pem") if tls else True
        try:
            self._ready()
        except BaseException:
            self.stop(failed=True)
            raise

    def _ready(self):
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = self.ca
        for _ in range(150):
            if self.process.poll() is not None:
                raise RuntimeError(f"passband serve ended with {self.process.returncode}")
            with contextlib.suppress(OSError):
                if self.http.get(self.url + "/readyz", timeout=5).ok:
                    break
            time.sleep(0.2)
        else:
            raise RuntimeError("passband serve did not become ready in 30 seconds")
        command = [self.program, "admin", "token", "--data", self.folder]
        self.token = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
        self.tenant = self.http.get(self.url + "/localhost/Discover?api-version=1.9").json()["TenantInfo"]["TenantId"]

    def admin(self, method, path, body=None):
        reply = self.http.request(
            method, f"{self.url}/v1.0{path}", json=body, headers={"Authorization": f"Bearer {self.token}"}
        )
        if not reply.ok:
            raise RuntimeError(f"{path} answered {reply.status_code}: {reply.text}")
        return json.loads(reply.text) if reply.text else None

    def stop(self, failed):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()
        if failed:
            with open(self.log.name, encoding="utf-8", errors="replace") as log:
                print("The last lines of the server's log:", *log.read().splitlines()[-5:], sep="\n  ")
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
