#!/bin/sh
# make_venv.sh DIR LOCK: a virtual environment in DIR that holds what LOCK names, hash by hash.
set -eu
dir=$1
lock=$2

fits() { "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; }

pick_python() {
    for candidate in "${PYTHON:-python3}" python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 && fits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11 or newer is needed; found: $("${PYTHON:-python3}" --version 2>&1 || true)." >&2
    echo "Install it, or name it: make PYTHON=/path/to/python3.12 ..." >&2
    exit 1
}

# Debian ships venv apart from Python; get it when we may.
get_venv_module() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null && return
    version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    sh scripts/apt_install.sh "python$version-venv" || {
        echo "Python's venv module is missing: install python$version-venv." >&2
        exit 1
    }
}

if [ ! -x "$dir/bin/python" ] || ! fits "$dir/bin/python"; then
    python=$(pick_python)
    get_venv_module "$python"
    echo "Making $dir with $("$python" --version)"
    "$python" -m venv --clear "$dir"
fi
echo "Installing $lock into $dir"
"$dir/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
