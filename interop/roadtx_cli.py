"""roadtx, unchanged, on a machine where the names it has built in lead to the server of the run: roadtx_cli.py ARGUMENT ...

PASSBAND_PORT is the port of that server. A line in /etc/hosts would do the same if it could name a port.
"""

import os
import socket

# Built into roadlib. The first can be set, but not for every command; the second cannot.
NAMES = ("login.microsoftonline.com", "enterpriseregistration.windows.net")


def resolve_here(port):
    """Has those names lead to this port of this machine, and everything else where it leads."""
    real = socket.getaddrinfo

    def resolve(host, other, *more, **named):
        return real("127.0.0.1", port, *more, **named) if host in NAMES else real(host, other, *more, **named)

    socket.getaddrinfo = resolve


if __name__ == "__main__":
    from roadtools.roadtx.main import main

    resolve_here(int(os.environ["PASSBAND_PORT"]))
    main()
