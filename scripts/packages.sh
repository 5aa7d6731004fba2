# Sourced by the scripts beside it: sees that Debian's packages and a Rust toolchain are there.

# Installs those of the named Debian packages that are missing; asks nothing, and does nothing when all are there.
need_packages() {
    if ! command -v apt-get >/dev/null; then
        echo "This script installs what it needs with apt-get, and there is none here." >&2
        echo "Install the like of these, then run the command it ends with yourself: $*" >&2
        exit 3
    fi
    missing=
    for package in "$@"; do
        state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || state=
        [ "$state" = installed ] || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    echo "Installing:$missing" >&2
    as_root=
    if [ "$(id -u)" != 0 ]; then
        as_root=sudo
        if ! command -v sudo >/dev/null; then
            echo "Not root, and no sudo. As root: apt-get install --no-install-recommends$missing" >&2
            exit 3
        fi
    fi
    # Another package manager may hold the lock on a machine that has just started.
    $as_root apt-get -o DPkg::Lock::Timeout=300 -q update >&2
    # shellcheck disable=SC2086 # one word a package
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 -q install --yes --no-install-recommends $missing </dev/null >&2
}

# Finds cargo, also in a shell that has not read the profile rustup wrote.
need_cargo() {
    command -v cargo >/dev/null || PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
    if ! command -v cargo >/dev/null; then
        echo "No Rust toolchain: install one with rustup, see https://rustup.rs" >&2
        exit 3
    fi
}
