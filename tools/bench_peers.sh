#!/bin/sh
# Puts what `make bench` measures Limner beside, and the profiler of `python -m bench.profile`, into the folder .bench.
# Nothing outside that folder changes. What cannot be had is said, and the benchmark goes on without it.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
litellm='litellm[proxy]==1.106.2'
profiler='py-spy==0.4.3'
log=.bench/log
mkdir -p .bench

say() { printf 'bench: %s\n' "$1" >&2; }

# environment FOLDER REQUIREMENT: a private environment with one thing in it, made once for each Python.
environment() {
    stamp=.bench/$1/.made-from
    made_from="$2 $("$python" --version)"
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$made_from" ]; then return 0; fi
    say "installing $2 into .bench/$1"
    rm -rf ".bench/$1"
    "$python" -m venv ".bench/$1" >"$log" 2>&1 &&
        ".bench/$1/bin/python" -m pip --disable-pip-version-check -q install "$2" >"$log" 2>&1 &&
        printf '%s' "$made_from" >"$stamp" && return 0
    rm -rf ".bench/$1"
    say "without $2, which could not be installed: $(tail -n 1 "$log")"
}

# The system's own when there is one. Else Debian's package, unpacked and not installed, so that no service starts.
nginx() {
    for folder in $(printf '%s' "$PATH" | tr : ' ') /usr/sbin /usr/local/sbin .bench/nginx/usr/sbin; do
        if [ -x "$folder/nginx" ]; then return 0; fi
    done
    if ! command -v apt-get >/dev/null 2>&1; then
        say "without nginx: install it, so that it is on the PATH"
        return 0
    fi
    say "unpacking nginx into .bench/nginx"
    if [ "$(id -u)" = 0 ]; then apt-get update -qq >"$log" 2>&1 || true; fi
    (cd .bench && apt-get download -qq nginx && dpkg-deb --extract nginx_*.deb nginx && rm nginx_*.deb) >"$log" 2>&1 &&
        .bench/nginx/usr/sbin/nginx -v >>"$log" 2>&1 && return 0
    rm -rf .bench/nginx
    say "without nginx, which could not be unpacked: $(tail -n 1 "$log")"
}

nginx
environment litellm "$litellm"
environment profiler "$profiler"
command -v openssl >/dev/null 2>&1 || say "openssl is missing, and the stand-in upstream needs a certificate: install it"
