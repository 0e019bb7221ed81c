"""What is measured beside Limner, and how each is configured. Pure, but for a look at what is installed.

The peers are configured as their own documentation asks for in production: nginx as a plain reverse proxy that copies
bytes as they come and compares one key, LiteLLM with one worker, a master key and no database. Limner has its defaults:
a key from its database, every job in its ledger, every picture kept on disk.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from bench.gateways.scenarios import MODEL, Name
from bench.gateways.upstream import KEY as UPSTREAM_KEY

KEY: Final = "sk-bench"
"""What callers of the peers send; Limner makes its own."""
PEERS: Final = (Name.NGINX, Name.LITELLM)
INSTALLED: Final = Path(__file__).parents[2] / ".bench"
"""Where tools/bench_peers.sh puts them."""

LITELLM_ENVIRONMENT: Final = {
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "ERROR",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}


def missing() -> tuple[Name, ...]:
    """The peers that are not installed."""
    return tuple(name for name in PEERS if program(name) is None)


def program(name: Name) -> Path | None:
    """The peer's program, or None where it is not installed."""
    if name is Name.NGINX:
        folders = (os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", str(INSTALLED / "nginx/usr/sbin"))
        found = shutil.which("nginx", path=os.pathsep.join(folders))
        return Path(found) if found else None
    installed = INSTALLED / "litellm" / "bin" / "litellm"
    return installed if installed.exists() else None


def version(name: Name) -> str:
    """What the peer calls itself."""
    found = program(name)
    assert found is not None
    code = "import importlib.metadata as m; print(m.version('litellm'))"
    command = [str(found), "-v"] if name is Name.NGINX else [str(found.with_name("python")), "-c", code]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    return (told.stdout or told.stderr).strip().rpartition("/")[2]


def nginx_config(folder: Path, port: int, upstream: str) -> str:
    """For an nginx that keeps to `folder`. upstream: address, without a path."""
    scheme, _, address = upstream.partition("://")
    return _NGINX.format(
        user="user root;" if os.getuid() == 0 else "",  # else its workers could not enter the folder
        folder=folder,
        scheme=scheme,
        upstream=address,
        upstream_key=UPSTREAM_KEY,
        port=port,
        key=KEY,
    )


def litellm_config(upstream: str) -> str:
    """One image model. upstream: address, without a path."""
    return _LITELLM.format(model=MODEL, upstream=upstream, upstream_key=UPSTREAM_KEY, key=KEY)


def limner_config(upstream: str) -> str:
    """One engine, and as many runs at once as the largest burst has. upstream: address, without a path."""
    return _LIMNER.format(model=MODEL, upstream=upstream, upstream_key=UPSTREAM_KEY)


_NGINX: Final = """
daemon off;
{user}
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log warn;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 100m;
    keepalive_requests 1000000;
    keepalive_timeout 600s;
    tcp_nodelay on;
    upstream stand_in {{
        server {upstream};
        keepalive 1024;
        keepalive_requests 1000000;
        keepalive_timeout 600s;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            if ($http_authorization != "Bearer {key}") {{ return 401; }}
            proxy_pass {scheme}://stand_in;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Authorization "Bearer {upstream_key}";
            proxy_request_buffering off;
            proxy_buffering off;
            proxy_buffer_size 256k;
            proxy_buffers 4 256k;
            proxy_read_timeout 600s;
        }}
    }}
}}
"""

_LITELLM: Final = """
model_list:
  - model_name: {model}
    litellm_params:
      model: openai/{model}
      api_base: {upstream}/v1
      api_key: {upstream_key}
    model_info:
      mode: image_generation
general_settings:
  master_key: {key}
litellm_settings:
  request_timeout: 600
  set_verbose: false
"""
_LIMNER: Final = """
[engines.upstream]
base_url = "{upstream}/v1"
key = "{upstream_key}"
concurrency = 4000

[models."{model}"]
route = ["upstream"]
"""
