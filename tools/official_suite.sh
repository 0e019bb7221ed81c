#!/usr/bin/env bash
# Runs the official Python SDK's own generated image tests against a Limner of this checkout.
#
# The tests come in the SDK's source distribution, of the version in requirements/dev.lock; only they are taken, so that
# the installed package is what is tested. They are made for a mock server: they send placeholder bytes as pictures and
# every parameter of every model at once. Hence `verify_images = false` and an engine that looks at nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$PWD/.venv/bin/python
version=$(sed -n 's/^openai==\([0-9.]*\).*/\1/p' requirements/dev.lock)
work=$(mktemp -d)
server_pid=
finish() {
    if [[ -n $server_pid ]]; then
        kill "$server_pid" 2>/dev/null || true
        wait "$server_pid" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap finish EXIT

"$python" -m pip --disable-pip-version-check --quiet download --no-deps --no-binary openai --dest "$work" "openai==$version"
mkdir "$work/sdk"
tar -xzf "$work"/openai-*.tar.gz -C "$work/sdk" --strip-components=1 --wildcards '*/tests' '*/pyproject.toml'

cat >"$work/limner.toml" <<'TOML'
[server]
auth = "off"
verify_images = false

[engines.scripted]
mask = true
TOML

port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
.venv/bin/limner serve --host 127.0.0.1 --port "$port" --data "$work/data" --config "$work/limner.toml" >"$work/log" 2>&1 &
server_pid=$!
for _ in $(seq 200); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
    sleep 0.1
done

status=0
(
    cd "$work/sdk"
    TEST_API_BASE_URL="http://127.0.0.1:$port/v1" "$python" -m pytest tests/api_resources/test_images.py -o addopts="" -q
) || status=$?
if grep -q Traceback "$work/log"; then
    cat "$work/log"
    exit 1
fi
exit "$status"
