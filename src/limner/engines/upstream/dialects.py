"""The table of dialects. Each entry says what a server does, with where that was learnt.

A parameter stands in `names` only when the server is known to honour it: what it would drop in silence is left to the
exactness layer, which emulates it or tells that it has no effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from fractions import Fraction
from typing import Final

from limner.engine import Ability
from limner.engines.upstream.dialect import Cost, Dialect, Encoding, Endpoint, ImageForm, Polarity, SizeForm
from limner.job import Format, Json, Kind, Quality, Size


class DialectName(StrEnum):
    """What an operator writes as `dialect`."""

    OPENAI = "openai"
    AZURE = "azure"
    AZURE_DEPLOYMENT = "azure-deployment"
    AZURE_FLUX = "azure-flux"
    LIMNER = "limner"
    SGLANG = "sglang"
    VLLM_OMNI = "vllm-omni"
    SD_CPP = "sd-cpp"
    LOCALAI = "localai"
    XAI = "xai"
    TOGETHER = "together"
    TOGETHER_KONTEXT = "together-kontext"
    DEEPINFRA = "deepinfra"
    RECRAFT = "recraft"
    SEEDREAM = "seedream"
    SILICONFLOW = "siliconflow"
    SILICONFLOW_EDIT = "siliconflow-edit"
    FIREWORKS = "fireworks"
    NEBIUS = "nebius"
    MODELSCOPE = "modelscope"


_GENERATIONS: Final = "/images/generations"
_EDITS: Final = "/images/edits"
_BOTH: Final = frozenset({Kind.GENERATION, Kind.EDIT})
_GENERATION: Final = frozenset({Kind.GENERATION})
_RASTER: Final = frozenset({Format.PNG, Format.JPEG, Format.WEBP})
_QUALITIES: Final = frozenset(Quality) - {Quality.AUTO}
_BASE64: Final[Mapping[str, Json]] = {"response_format": "b64_json"}
_DIFFUSION: Final = ("seed", "negative_prompt", "num_inference_steps", "guidance_scale", "true_cfg_scale")
"""Parameters of diffusion servers beyond OpenAI's; reached through the SDKs' `extra_body`."""


def _same(*names: str) -> Mapping[str, str]:
    """Names that are theirs as they are ours."""
    return {name: name for name in names}


def _plain(
    *,
    kinds: frozenset[Kind] = _BOTH,
    sizes: frozenset[Size] | None = None,
    n_max: int = 1,
    formats: frozenset[Format] = frozenset({Format.PNG}),
    images_max: int = 1,
    parameters: tuple[str, ...] = (),
) -> Ability:
    """A server without masks, transparency, qualities, compression and streams."""
    return Ability(
        kinds=kinds,
        sizes=sizes,
        n_max=n_max,
        formats=formats,
        compression=False,
        qualities=frozenset(),
        transparent=False,
        mask=False,
        images_max=images_max,
        partial_images=False,
        parameters=frozenset(parameters),
    )


_OPENAI_COMMON: Final = (
    "model", "prompt", "n", "size", "quality", "background", "output_format", "output_compression", "stream",
    "partial_images", "complexity", "svg", "frame_count", "frame_duration_ms",
)  # fmt: skip

_OPENAI: Final = Dialect(
    base_url="https://api.openai.com/v1",
    ability=Ability(
        kinds=_BOTH,
        sizes=None,
        n_max=10,
        formats=_RASTER,
        compression=True,
        qualities=_QUALITIES,
        transparent=True,
        mask=True,
        images_max=16,
        partial_images=True,
        parameters=frozenset(
            {"moderation", "input_fidelity", "markup", "complexity", "svg", "frame_count", "frame_duration_ms"}
        ),
    ),
    generation=Endpoint(path=_GENERATIONS, names=_same(*_OPENAI_COMMON, "moderation")),
    edit=Endpoint(path=_EDITS, encoding=Encoding.FORM, names=_same(*_OPENAI_COMMON, "input_fidelity", "markup")),
    tells_tokens=True,
    tells_errors=True,
)
"""Source: OpenAI API reference and the types of the official Python SDK 3.54, November 2026."""

_AZURE: Final = replace(_OPENAI, base_url=None, key_header="api-key", key_prefix="")
"""The v1 surface, `https://RESOURCE.openai.azure.com/openai/v1`. Source: openai-python, lib/azure.py."""

_AZURE_FLUX: Final = Dialect(
    ability=_plain(formats=frozenset({Format.PNG, Format.JPEG}), images_max=1, parameters=("seed",)),
    key_header="api-key",
    key_prefix="",
    query={"api-version": "preview"},
    generation=Endpoint(
        path="", names={**_same("model", "prompt", "size", "output_format", "seed"), "n": "num_images"}
    ),
    edit=Endpoint(
        path="",
        names={**_same("model", "prompt", "size", "output_format", "seed"), "n": "num_images"},
        image_form=ImageForm.BASE64,
        image_name="image",
    ),
    size_form=SizeForm.SIDES,
)
"""FLUX.2 on Azure Foundry, whose address names the model. How many `num_images` there may be is published nowhere, nor
where a second picture would go. Source: litellm 1.109.1, Azure adapters.
"""

_LIMNER: Final = replace(
    _OPENAI,
    base_url=None,
    ability=replace(_OPENAI.ability, parameters=_OPENAI.ability.parameters | {"seed"}),
    generation=Endpoint(path=_GENERATIONS, names=_same(*_OPENAI_COMMON, "moderation", "seed")),
    edit=Endpoint(
        path=_EDITS, encoding=Encoding.FORM, names=_same(*_OPENAI_COMMON, "input_fidelity", "markup", "seed")
    ),
    tells_fates=True,
)

_SGLANG: Final = Dialect(
    ability=_plain(n_max=10, formats=_RASTER, images_max=3, parameters=_DIFFUSION),
    generation=Endpoint(
        path=_GENERATIONS,
        names=_same("model", "prompt", "n", "size", "output_format", *_DIFFUSION),
        constants=_BASE64,
    ),
    edit=Endpoint(
        path=_EDITS,
        encoding=Encoding.FORM,
        names=_same("model", "prompt", "n", "size", "output_format", *_DIFFUSION),
        constants=_BASE64,
    ),
)
"""A mask is accepted and ignored, `size=auto` refused. Source: SGLang 0.5.23, the diffusion server's code."""

_VLLM_OMNI: Final = Dialect(
    ability=replace(
        _plain(n_max=10, formats=_RASTER, images_max=3, parameters=_DIFFUSION),
        compression=True,
    ),
    generation=Endpoint(
        path=_GENERATIONS,
        names=_same("model", "prompt", "n", "size", "output_format", "output_compression", *_DIFFUSION),
        constants=_BASE64,
    ),
    edit=Endpoint(
        path=_EDITS,
        encoding=Encoding.FORM,
        names=_same("model", "prompt", "n", "size", "output_format", "output_compression", *_DIFFUSION),
        constants=_BASE64,
        mask_name="mask_image",
        polarity=Polarity.WHITE,
    ),
)
"""Only FLUX.2-klein knows masks: the setting `mask` says so. Source: vLLM-Omni 0.30.0, the image server's code."""

_SD_CPP: Final = Dialect(
    ability=replace(_plain(n_max=10, formats=frozenset({Format.PNG, Format.JPEG}), images_max=4), mask=True),
    generation=Endpoint(path=_GENERATIONS, names=_same("model", "prompt", "n", "size", "output_format")),
    edit=Endpoint(
        path=_EDITS,
        encoding=Encoding.FORM,
        names=_same("model", "prompt", "n", "size", "output_format"),
        polarity=Polarity.WHITE,
    ),
    prompt_commands=("sd_cpp_extra_args",),
)
"""A mask's alpha is dropped, its white repainted; a prompt could set the number of steps and more.

Source: stable-diffusion.cpp, examples/server, August 2026.
"""

_LOCALAI: Final = Dialect(
    ability=replace(_plain(n_max=10, images_max=4), mask_kept=False),
    generation=Endpoint(path=_GENERATIONS, names=_same("model", "prompt", "n", "size"), constants=_BASE64),
    edit=Endpoint(
        path=_GENERATIONS,
        names=_same("model", "prompt", "n", "size"),
        constants=_BASE64,
        image_form=ImageForm.BASE64S,
        image_name="ref_images",
    ),
    inpainting=Endpoint(
        path="/images/inpainting",
        encoding=Encoding.FORM,
        names=_same("model", "prompt"),
        image_name="image",
        polarity=Polarity.WHITE,
    ),
)
"""No edits route is registered. Inpainting draws 512x512 whatever comes in, so it is used only where the setting `mask`
asks for it, and its picture is laid over the caller's. Source: LocalAI's code, August 2026.
"""

_XAI_RATIOS: Final = {
    "1:1": Size(1024, 1024), "3:4": Size(896, 1200), "4:3": Size(1200, 896), "9:16": Size(720, 1280),
    "16:9": Size(1280, 720), "2:3": Size(832, 1248), "3:2": Size(1248, 832), "1:2": Size(704, 1408),
    "2:1": Size(1408, 704),
}  # fmt: skip
_XAI_SIZES: Final[Mapping[Size, Mapping[str, Json]]] = {
    Size(size.width_px * scale, size.height_px * scale): {"aspect_ratio": ratio, "resolution": f"{scale}k"}
    for ratio, size in _XAI_RATIOS.items()
    for scale in (1, 2)
}
_XAI: Final = Dialect(
    base_url="https://api.x.ai/v1",
    ability=replace(
        _plain(sizes=frozenset(_XAI_SIZES), n_max=10, formats=frozenset({Format.JPEG}), images_max=3),
        qualities=frozenset({Quality.LOW, Quality.MEDIUM}),
    ),
    generation=Endpoint(path=_GENERATIONS, names=_same("model", "prompt", "n", "size", "quality"), constants=_BASE64),
    edit=Endpoint(
        path=_EDITS,
        names=_same("model", "prompt", "n", "size", "quality"),
        constants=_BASE64,
        image_form=ImageForm.OBJECTS,
    ),
    sizes=_XAI_SIZES,
    cost=Cost(path=("usage", "cost_in_usd_ticks"), nusd=Fraction(1, 10)),
)
"""Ratios instead of pixels; edits in JSON alone. A tick is 1e-10 USD. Source: docs.x.ai and xai-sdk 1.21."""

_TOGETHER: Final = Dialect(
    base_url="https://api.together.ai/v1",
    ability=_plain(n_max=4, formats=frozenset({Format.PNG, Format.JPEG}), images_max=4, parameters=_DIFFUSION[:2]),
    generation=Endpoint(
        path=_GENERATIONS,
        names=_same("model", "prompt", "n", "size", "output_format", "seed", "negative_prompt"),
        constants={"response_format": "base64"},
    ),
    edit=Endpoint(
        path=_GENERATIONS,
        names=_same("model", "prompt", "n", "size", "output_format", "seed", "negative_prompt"),
        constants={"response_format": "base64"},
        image_form=ImageForm.DATA_URLS,
        image_name="reference_images",
    ),
    size_form=SizeForm.SIDES,
)
"""`b64_json` is called `base64` in requests. Source: the Python package together 3.1.1."""

_TOGETHER_KONTEXT: Final = replace(
    _TOGETHER,
    ability=replace(_TOGETHER.ability, images_max=1),
    edit=Endpoint(
        path=_GENERATIONS,
        names=_TOGETHER.generation.names,
        constants={"response_format": "base64"},
        image_form=ImageForm.DATA_URL,
        image_name="image_url",
    ),
)
"""FLUX.1 Kontext takes its picture in another field than the later models. Source: huggingface_hub 2.4.0."""

_DEEPINFRA: Final = Dialect(
    base_url="https://api.deepinfra.com/v1/openai",
    ability=_plain(images_max=4),
    generation=Endpoint(path=_GENERATIONS, names=_same("model", "prompt", "n", "size"), constants=_BASE64),
    edit=Endpoint(
        path=_EDITS,
        encoding=Encoding.FORM,
        names=_same("model", "prompt", "n", "size"),
        constants=_BASE64,
        image_name="image",
    ),
)
"""Its mask's polarity is documented nowhere, so none is sent. Source: deepinfra.com, model pages, 2026."""

_RECRAFT_SIZES: Final = frozenset(
    Size(width, height)
    for a, b in ((1024, 1024), (1365, 1024), (1536, 1024), (1820, 1024), (2048, 1024), (1434, 1024), (1280, 1024),
                 (1707, 1024))
    for width, height in ((a, b), (b, a))
)  # fmt: skip
_RECRAFT: Final = Dialect(
    base_url="https://external.api.recraft.ai/v1",
    ability=replace(_plain(sizes=_RECRAFT_SIZES, n_max=6, parameters=("style", "negative_prompt")), mask=True),
    generation=Endpoint(
        path=_GENERATIONS,
        names=_same("model", "prompt", "n", "size", "style", "negative_prompt"),
        constants=_BASE64,
    ),
    edit=Endpoint(
        path="/images/imageToImage",
        encoding=Encoding.FORM,
        names=_same("model", "prompt", "n", "style", "negative_prompt"),
        constants={**_BASE64, "strength": 0.5},
        image_name="image",
    ),
    inpainting=Endpoint(
        path="/images/inpaint",
        encoding=Encoding.FORM,
        names=_same("model", "prompt", "n", "style", "negative_prompt"),
        constants=_BASE64,
        image_name="image",
        polarity=Polarity.WHITE,
    ),
    cost=Cost(path=("credits",), nusd=Fraction(1_000_000)),
)
"""Another address for each kind of edit; a thousand credits are a dollar. Source: recraft.ai/docs, 2026."""

_SEEDREAM_SIZES: Final = frozenset(
    {Size(2048, 2048), Size(2304, 1728), Size(1728, 2304), Size(2848, 1600), Size(1600, 2848), Size(2496, 1664),
     Size(1664, 2496), Size(3136, 1344)}
)  # fmt: skip
_SEEDREAM: Final = Dialect(
    base_url="https://ark.ap-southeast.bytepluses.com/api/v3",
    ability=_plain(sizes=_SEEDREAM_SIZES, formats=frozenset({Format.JPEG}), images_max=14),
    generation=Endpoint(
        path=_GENERATIONS, names=_same("model", "prompt", "size"), constants={**_BASE64, "watermark": False}
    ),
    edit=Endpoint(
        path=_GENERATIONS,
        names=_same("model", "prompt", "size"),
        constants={**_BASE64, "watermark": False},
        image_form=ImageForm.DATA_URLS,
        image_name="image",
    ),
)
"""Pixels have a floor of 3.7 million, and a watermark is the default. Source: volcengine-python-sdk, July 2026."""

_SILICONFLOW_OWN: Final = (*_DIFFUSION[:4], "cfg")
_SILICONFLOW: Final = Dialect(
    base_url="https://api.siliconflow.cn/v1",
    ability=_plain(kinds=_GENERATION, images_max=0, parameters=_SILICONFLOW_OWN),
    generation=Endpoint(
        path=_GENERATIONS,
        names={**_same("model", "prompt", *_SILICONFLOW_OWN), "size": "image_size", "n": "batch_size"},
    ),
    size_needed=True,
)
"""Answers addresses that live an hour, under `images`. Only Kolors draws several: the setting `n_max`, up to 4.

Source: docs.siliconflow.cn, images/generations.
"""

_SILICONFLOW_EDIT: Final = replace(
    _SILICONFLOW,
    ability=_plain(kinds=frozenset({Kind.EDIT}), images_max=3, parameters=_SILICONFLOW_OWN),
    edit=Endpoint(
        path=_GENERATIONS,
        names=_same("model", "prompt", *_SILICONFLOW_OWN),
        image_form=ImageForm.NUMBERED,
        image_name="image",
    ),
)
"""Qwen-Image-Edit refuses a size, which every other model there needs, so it is a dialect of its own."""

_FIREWORKS_RATIOS: Final = {
    "1:1": Size(1024, 1024), "2:3": Size(832, 1248), "3:2": Size(1248, 832), "4:5": Size(896, 1120),
    "5:4": Size(1120, 896), "16:9": Size(1344, 756), "9:16": Size(756, 1344), "9:21": Size(672, 1568),
    "21:9": Size(1568, 672),
}  # fmt: skip
_FIREWORKS_SIZES: Final[Mapping[Size, Mapping[str, Json]]] = {
    size: {"aspect_ratio": ratio} for ratio, size in _FIREWORKS_RATIOS.items()
}
_FIREWORKS_OWN: Final = ("seed", "num_inference_steps", "guidance_scale")
_FIREWORKS: Final = Dialect(
    base_url="https://api.fireworks.ai/inference/v1",
    ability=_plain(
        kinds=_GENERATION,
        sizes=frozenset(_FIREWORKS_SIZES),
        formats=frozenset({Format.PNG, Format.JPEG}),
        images_max=0,
        parameters=_FIREWORKS_OWN,
    ),
    generation=Endpoint(
        path="/workflows/accounts/fireworks/models/{model}/text_to_image",
        names=_same("prompt", "size", *_FIREWORKS_OWN),
        format_accepted=True,
    ),
    sizes=_FIREWORKS_SIZES,
)
"""The workflows that answer the file itself. Ratios alone; what a ratio means in pixels is published nowhere, so each
has a size of about a megapixel here. Its FLUX Kontext is submitted and polled, which this engine does not do.

Source: @ai-sdk/fireworks 2.0.90 with its documentation, docs.fireworks.ai.
"""

_NEBIUS_OWN: Final = ("seed", "negative_prompt", "num_inference_steps")
_NEBIUS: Final = Dialect(
    base_url="https://api.tokenfactory.nebius.com/v1",
    ability=_plain(kinds=_GENERATION, formats=_RASTER, images_max=0, parameters=_NEBIUS_OWN),
    generation=Endpoint(
        path=_GENERATIONS,
        names={**_same("model", "prompt", "size", *_NEBIUS_OWN), "output_format": "response_extension"},
        values={"output_format": {Format.JPEG.value: "jpg"}},
        constants=_BASE64,
    ),
    size_form=SizeForm.SIDES,
)
"""Source: public client code and gateways' documentation, 2026."""

_MODELSCOPE: Final = Dialect(
    base_url="https://api-inference.modelscope.cn/v1",
    ability=_plain(kinds=_GENERATION, images_max=0),
    generation=Endpoint(path=_GENERATIONS, names=_same("model", "prompt", "n", "size")),
)
"""Answers addresses. How many pictures one request may ask for is published nowhere: the setting `n_max` says it. How
it takes pictures is not known for sure. Source: litellm 1.109.1.
"""

DIALECTS: Final[Mapping[DialectName, Dialect]] = {
    DialectName.OPENAI: _OPENAI,
    DialectName.AZURE: _AZURE,
    DialectName.AZURE_DEPLOYMENT: replace(
        _AZURE,
        query={"api-version": "2025-04-01-preview"},
        generation=replace(_AZURE.generation, names={k: v for k, v in _AZURE.generation.names.items() if k != "model"}),
        edit=Endpoint(
            path=_EDITS,
            encoding=Encoding.FORM,
            names=_same(*(name for name in _OPENAI_COMMON if name != "model"), "input_fidelity", "markup"),
        ),
    ),
    DialectName.AZURE_FLUX: _AZURE_FLUX,
    DialectName.LIMNER: _LIMNER,
    DialectName.SGLANG: _SGLANG,
    DialectName.VLLM_OMNI: _VLLM_OMNI,
    DialectName.SD_CPP: _SD_CPP,
    DialectName.LOCALAI: _LOCALAI,
    DialectName.XAI: _XAI,
    DialectName.TOGETHER: _TOGETHER,
    DialectName.TOGETHER_KONTEXT: _TOGETHER_KONTEXT,
    DialectName.DEEPINFRA: _DEEPINFRA,
    DialectName.RECRAFT: _RECRAFT,
    DialectName.SEEDREAM: _SEEDREAM,
    DialectName.SILICONFLOW: _SILICONFLOW,
    DialectName.SILICONFLOW_EDIT: _SILICONFLOW_EDIT,
    DialectName.FIREWORKS: _FIREWORKS,
    DialectName.NEBIUS: _NEBIUS,
    DialectName.MODELSCOPE: _MODELSCOPE,
}
"""On Azure's deployment surface the address names the model, so none is sent."""
