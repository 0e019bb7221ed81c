"""Code samples for the OpenAPI document: the same call with curl and both official SDKs."""

from __future__ import annotations

from typing import Final

from limner.job import Json

_PYTHON_HEAD: Final = 'from openai import OpenAI\n\nclient = OpenAI(base_url="{url}")\n\n'
_NODE_HEAD: Final = 'import OpenAI from "openai";\n\nconst client = new OpenAI({{ baseURL: "{url}" }});\n\n'
_CURL_KEY: Final = '  -H "Authorization: Bearer $OPENAI_API_KEY"'

_SAMPLES: Final = {
    "images.generate": (
        "curl {url}/images/generations \\\n" + _CURL_KEY + ' \\\n  -H "Content-Type: application/json" \\\n'
        '  -d \'{{"prompt": "A lighthouse at dusk"}}\'',
        _PYTHON_HEAD + 'images = client.images.generate(model="gpt-image-2", prompt="A lighthouse at dusk")',
        _NODE_HEAD
        + "const images = await client.images.generate({{\n"
        + '  model: "gpt-image-2",\n  prompt: "A lighthouse at dusk",\n}});',
    ),
    "images.edit": (
        "curl {url}/images/edits \\\n" + _CURL_KEY + " \\\n  -F image=@room.png \\\n  -F mask=@mask.png \\\n"
        '  -F prompt="Put a red chair by the window"',
        _PYTHON_HEAD
        + "images = client.images.edit(\n"
        + '    model="gpt-image-2",\n    image=open("room.png", "rb"),\n    mask=open("mask.png", "rb"),\n'
        + '    prompt="Put a red chair by the window",\n)',
        'import fs from "node:fs";\n'
        + _NODE_HEAD
        + "const images = await client.images.edit({{\n"
        + '  model: "gpt-image-2",\n  image: fs.createReadStream("room.png"),\n'
        + '  mask: fs.createReadStream("mask.png"),\n  prompt: "Put a red chair by the window",\n}});',
    ),
    "images.createVariation": (
        "curl {url}/images/variations \\\n" + _CURL_KEY + " \\\n  -F image=@room.png",
        _PYTHON_HEAD + 'images = client.images.create_variation(image=open("room.png", "rb"))',
        'import fs from "node:fs";\n'
        + _NODE_HEAD
        + 'const images = await client.images.createVariation({{ image: fs.createReadStream("room.png") }});',
    ),
}
"""Operation id -> curl, Python, Node.js."""
_LANGUAGES: Final = (("curl", "curl"), ("python", "Python"), ("javascript", "Node.js"))


def code_samples(operation_id: str, server_url: str) -> list[Json]:
    """The `x-codeSamples` of an image operation."""
    return [
        {"lang": lang, "label": label, "source": source.format(url=server_url)}
        for (lang, label), source in zip(_LANGUAGES, _SAMPLES[operation_id], strict=True)
    ]
