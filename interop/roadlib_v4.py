"""A PRT in the fourth version of the protocol, asked for by roadlib: roadlib_v4.py CERTIFICATE KEY FILE

The command of roadtx 1.22.1 calls a function on the answer that roadlib 1.7.0 does not have; this calls the one it has.
"""

import json
import os
import sys

from roadtools.roadlib.auth import Authentication
from roadtools.roadlib.deviceauth import DeviceAuthentication

from roadtx_cli import resolve_here

resolve_here(int(os.environ["PASSBAND_PORT"]))
certificate, key, file = sys.argv[1:]
device = DeviceAuthentication(Authentication())
device.loadcert(certificate, key)
with open(".roadtools_auth", encoding="utf-8") as tokens:
    payload = device.gen_prtv4_req_payload(json.load(tokens)["refreshToken"])
answer = device.request_token_with_devicekey_signed_payload_prtprotocolv4(payload)
prt = json.loads(device.decrypt_auth_response_ecdh(answer, payload["jwe_crypto"]["apv"]))
# As the command would keep it.
device.saveprt(prt | {"session_key": ""}, file)
