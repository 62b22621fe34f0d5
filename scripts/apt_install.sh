#!/bin/sh
# apt_install.sh PACKAGE...: install Debian packages when we may (root or passwordless sudo), else say so and fail.
set -eu
if ! command -v apt-get >/dev/null 2>&1; then
    echo "There is no apt-get here to install: $*" >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "Neither root nor passwordless sudo: cannot install $*" >&2
    exit 1
fi
echo "Installing with apt: $*" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A service that starts itself would take the standard port; we start our own.
install() {
    $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -y -q --no-install-recommends "$@" >"$log" 2>&1
}
install "$@" || { $as_root apt-get update -q >"$log" 2>&1 && install "$@"; } || {
    tail -n 15 "$log" >&2
    exit 1
}
