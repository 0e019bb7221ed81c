"""Services, each with where its deviations were learnt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Final

from limner.engines.upstream.dialect import Cost, Dialect, Encoding, Endpoint, ImageForm, Polarity, SizeForm
from limner.engines.upstream.idioms import BASE64, DIFFUSION, EDITS, GENERATION, GENERATIONS, RASTER, plain, same
from limner.job import Format, Json, Kind, Quality, Size

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
XAI: Final = Dialect(
    base_url="https://api.x.ai/v1",
    ability=replace(
        plain(sizes=frozenset(_XAI_SIZES), n_max=10, formats=frozenset({Format.JPEG}), images_max=3),
        qualities=frozenset({Quality.LOW, Quality.MEDIUM}),
    ),
    generation=Endpoint(path=GENERATIONS, names=same("model", "prompt", "n", "size", "quality"), constants=BASE64),
    edit=Endpoint(
        path=EDITS,
        names=same("model", "prompt", "n", "size", "quality"),
        constants=BASE64,
        image_form=ImageForm.OBJECTS,
    ),
    sizes=_XAI_SIZES,
    cost=Cost(path=("usage", "cost_in_usd_ticks"), nusd=Fraction(1, 10)),
)
"""Ratios instead of pixels; edits in JSON alone. A tick is 1e-10 USD. Source: docs.x.ai and xai-sdk 1.21."""

TOGETHER: Final = Dialect(
    base_url="https://api.together.ai/v1",
    ability=plain(n_max=4, formats=frozenset({Format.PNG, Format.JPEG}), images_max=4, parameters=DIFFUSION[:2]),
    generation=Endpoint(
        path=GENERATIONS,
        names=same("model", "prompt", "n", "size", "output_format", "seed", "negative_prompt"),
        constants={"response_format": "base64"},
    ),
    edit=Endpoint(
        path=GENERATIONS,
        names=same("model", "prompt", "n", "size", "output_format", "seed", "negative_prompt"),
        constants={"response_format": "base64"},
        image_form=ImageForm.DATA_URLS,
        image_name="reference_images",
    ),
    size_form=SizeForm.SIDES,
)
"""`b64_json` is called `base64` in requests. Source: the Python package together 3.1.1."""

TOGETHER_KONTEXT: Final = replace(
    TOGETHER,
    ability=replace(TOGETHER.ability, images_max=1),
    edit=Endpoint(
        path=GENERATIONS,
        names=TOGETHER.generation.names,
        constants={"response_format": "base64"},
        image_form=ImageForm.DATA_URL,
        image_name="image_url",
    ),
)
"""FLUX.1 Kontext takes its picture in another field than the later models. Source: huggingface_hub 2.4.0."""

DEEPINFRA: Final = Dialect(
    base_url="https://api.deepinfra.com/v1/openai",
    ability=plain(images_max=4),
    generation=Endpoint(path=GENERATIONS, names=same("model", "prompt", "n", "size"), constants=BASE64),
    edit=Endpoint(
        path=EDITS,
        encoding=Encoding.FORM,
        names=same("model", "prompt", "n", "size"),
        constants=BASE64,
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
RECRAFT: Final = Dialect(
    base_url="https://external.api.recraft.ai/v1",
    ability=replace(plain(sizes=_RECRAFT_SIZES, n_max=6, parameters=("style", "negative_prompt")), mask=True),
    generation=Endpoint(
        path=GENERATIONS,
        names=same("model", "prompt", "n", "size", "style", "negative_prompt"),
        constants=BASE64,
    ),
    edit=Endpoint(
        path="/images/imageToImage",
        encoding=Encoding.FORM,
        names=same("model", "prompt", "n", "style", "negative_prompt"),
        constants={**BASE64, "strength": 0.5},
        image_name="image",
    ),
    inpainting=Endpoint(
        path="/images/inpaint",
        encoding=Encoding.FORM,
        names=same("model", "prompt", "n", "style", "negative_prompt"),
        constants=BASE64,
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
SEEDREAM: Final = Dialect(
    base_url="https://ark.ap-southeast.bytepluses.com/api/v3",
    ability=plain(sizes=_SEEDREAM_SIZES, formats=frozenset({Format.JPEG}), images_max=14),
    generation=Endpoint(
        path=GENERATIONS, names=same("model", "prompt", "size"), constants={**BASE64, "watermark": False}
    ),
    edit=Endpoint(
        path=GENERATIONS,
        names=same("model", "prompt", "size"),
        constants={**BASE64, "watermark": False},
        image_form=ImageForm.DATA_URLS,
        image_name="image",
    ),
)
"""Pixels have a floor of 3.7 million, and a watermark is the default. Source: volcengine-python-sdk, July 2026."""

_SILICONFLOW_OWN: Final = (*DIFFUSION[:4], "cfg")
SILICONFLOW: Final = Dialect(
    base_url="https://api.siliconflow.cn/v1",
    ability=plain(kinds=GENERATION, images_max=0, parameters=_SILICONFLOW_OWN),
    generation=Endpoint(
        path=GENERATIONS,
        names={**same("model", "prompt", *_SILICONFLOW_OWN), "size": "image_size", "n": "batch_size"},
    ),
    size_needed=True,
)
"""Answers addresses that live an hour, under `images`. Only Kolors draws several: the setting `n_max`, up to 4.

Source: docs.siliconflow.cn, images/generations.
"""

SILICONFLOW_EDIT: Final = replace(
    SILICONFLOW,
    ability=plain(kinds=frozenset({Kind.EDIT}), images_max=3, parameters=_SILICONFLOW_OWN),
    edit=Endpoint(
        path=GENERATIONS,
        names=same("model", "prompt", *_SILICONFLOW_OWN),
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
FIREWORKS: Final = Dialect(
    base_url="https://api.fireworks.ai/inference/v1",
    ability=plain(
        kinds=GENERATION,
        sizes=frozenset(_FIREWORKS_SIZES),
        formats=frozenset({Format.PNG, Format.JPEG}),
        images_max=0,
        parameters=_FIREWORKS_OWN,
    ),
    generation=Endpoint(
        path="/workflows/accounts/fireworks/models/{model}/text_to_image",
        names=same("prompt", "size", *_FIREWORKS_OWN),
        format_accepted=True,
    ),
    sizes=_FIREWORKS_SIZES,
)
"""The workflows that answer the file itself. Ratios alone; what a ratio means in pixels is published nowhere, so each
has a size of about a megapixel here. Its FLUX Kontext is submitted and polled, which this engine does not do.

Source: @ai-sdk/fireworks 2.0.90 with its documentation, docs.fireworks.ai.
"""

_NEBIUS_OWN: Final = ("seed", "negative_prompt", "num_inference_steps")
NEBIUS: Final = Dialect(
    base_url="https://api.tokenfactory.nebius.com/v1",
    ability=plain(kinds=GENERATION, formats=RASTER, images_max=0, parameters=_NEBIUS_OWN),
    generation=Endpoint(
        path=GENERATIONS,
        names={**same("model", "prompt", "size", *_NEBIUS_OWN), "output_format": "response_extension"},
        values={"output_format": {Format.JPEG.value: "jpg"}},
        constants=BASE64,
    ),
    size_form=SizeForm.SIDES,
)
"""Source: public client code and gateways' documentation, 2026."""

MODELSCOPE: Final = Dialect(
    base_url="https://api-inference.modelscope.cn/v1",
    ability=plain(kinds=GENERATION, images_max=0),
    generation=Endpoint(path=GENERATIONS, names=same("model", "prompt", "n", "size")),
)
"""Answers addresses. How many pictures one request may ask for is published nowhere: the setting `n_max` says it. How
it takes pictures is not known for sure. Source: litellm 1.109.1.
"""

AZURE_FLUX: Final = Dialect(
    ability=plain(formats=frozenset({Format.PNG, Format.JPEG}), images_max=1, parameters=("seed",)),
    key_header="api-key",
    key_prefix="",
    query={"api-version": "preview"},
    generation=Endpoint(path="", names={**same("model", "prompt", "size", "output_format", "seed"), "n": "num_images"}),
    edit=Endpoint(
        path="",
        names={**same("model", "prompt", "size", "output_format", "seed"), "n": "num_images"},
        image_form=ImageForm.BASE64,
        image_name="image",
    ),
    size_form=SizeForm.SIDES,
)
"""FLUX.2 on Azure Foundry, whose address names the model. How many `num_images` there may be is published nowhere, nor
where a second picture would go. Source: litellm 1.109.1, Azure adapters.
"""
