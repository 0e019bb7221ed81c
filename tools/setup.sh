#!/bin/sh
# Makes the private .venv exactly as the lock file says, and does nothing when it is so already.
# Needs Python 3.11 or newer and nothing else; PYTHON names another one than python3.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
lock=requirements/dev.lock

stop() {
    printf 'setup: %s\n' "$1" >&2
    exit 1
}

command -v "$python" >/dev/null 2>&1 ||
    stop "there is no $python. Install Python 3.11 or newer, or name yours: make setup PYTHON=python3.12"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    stop "$("$python" --version) is too old: 3.11 or newer is needed. Name another: make setup PYTHON=python3.12"

# Checksums, not times: a checkout touches files. The folder counts, since an environment cannot be moved.
stamp=.venv/.made-from
made_from="$(cat "$lock" tools/setup.sh | cksum) $("$python" --version) $(pwd)"
project_stamp=.venv/.made-from-project
project="$(cksum <pyproject.toml)"
same() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

# Twice quiet: errors are shown, warnings about this machine's own pip settings are not.
pip() { .venv/bin/python -m pip --disable-pip-version-check -qq "$@"; }
install_limner() {
    pip install --no-deps --no-build-isolation --editable .
    printf '%s' "$project" >"$project_stamp"
}

if same "$stamp" "$made_from"; then
    same "$project_stamp" "$project" || install_limner
    exit 0
fi

# Debian and Ubuntu ship Python without what makes environments.
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    install='apt-get install -y python3-venv'
    command -v apt-get >/dev/null 2>&1 || stop "$python has no venv module with pip: install it and try again"
    [ "$(id -u)" = 0 ] || stop "$python has no venv module. Run this, then try again: sudo $install"
    printf 'setup: installing python3-venv\n' >&2
    apt-get update -qq && $install -qq >/dev/null || stop "this failed: $install"
fi

printf 'setup: making .venv from %s; this takes a minute or two\n' "$lock" >&2
"$python" -m venv --clear .venv
pip install --require-hashes --no-deps --requirement "$lock"
install_limner
printf '%s' "$made_from" >"$stamp"
printf 'setup: done\n' >&2
