"""Servers that people run themselves, each with where its deviations were learnt."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from limner.engines.upstream.dialect import Dialect, Encoding, Endpoint, ImageForm, Polarity
from limner.engines.upstream.idioms import BASE64, DIFFUSION, EDITS, GENERATIONS, RASTER, plain, same
from limner.job import Format

SGLANG: Final = Dialect(
    ability=plain(n_max=10, formats=RASTER, images_max=3, parameters=DIFFUSION),
    generation=Endpoint(
        path=GENERATIONS,
        names=same("model", "prompt", "n", "size", "output_format", *DIFFUSION),
        constants=BASE64,
    ),
    edit=Endpoint(
        path=EDITS,
        encoding=Encoding.FORM,
        names=same("model", "prompt", "n", "size", "output_format", *DIFFUSION),
        constants=BASE64,
    ),
)
"""A mask is accepted and ignored, `size=auto` refused. Source: SGLang 0.5.23, the diffusion server's code."""

VLLM_OMNI: Final = Dialect(
    ability=replace(
        plain(n_max=10, formats=RASTER, images_max=3, parameters=DIFFUSION),
        compression=True,
    ),
    generation=Endpoint(
        path=GENERATIONS,
        names=same("model", "prompt", "n", "size", "output_format", "output_compression", *DIFFUSION),
        constants=BASE64,
    ),
    edit=Endpoint(
        path=EDITS,
        encoding=Encoding.FORM,
        names=same("model", "prompt", "n", "size", "output_format", "output_compression", *DIFFUSION),
        constants=BASE64,
        mask_name="mask_image",
        polarity=Polarity.WHITE,
    ),
)
"""Only FLUX.2-klein knows masks: the setting `mask` says so. Source: vLLM-Omni 0.30.0, the image server's code."""

SD_CPP: Final = Dialect(
    ability=replace(plain(n_max=10, formats=frozenset({Format.PNG, Format.JPEG}), images_max=4), mask=True),
    generation=Endpoint(path=GENERATIONS, names=same("model", "prompt", "n", "size", "output_format")),
    edit=Endpoint(
        path=EDITS,
        encoding=Encoding.FORM,
        names=same("model", "prompt", "n", "size", "output_format"),
        polarity=Polarity.WHITE,
    ),
    prompt_commands={"sd_cpp_extra_args": "sd cpp extra args"},
)
"""A mask's alpha is dropped, its white repainted; a prompt could set the number of steps and more.

Source: stable-diffusion.cpp, examples/server, August 2026.
"""

LOCALAI: Final = Dialect(
    ability=replace(plain(n_max=10, images_max=4), mask_kept=False),
    generation=Endpoint(path=GENERATIONS, names=same("model", "prompt", "n", "size"), constants=BASE64),
    edit=Endpoint(
        path=GENERATIONS,
        names=same("model", "prompt", "n", "size"),
        constants=BASE64,
        image_form=ImageForm.BASE64S,
        image_name="ref_images",
    ),
    inpainting=Endpoint(
        path="/images/inpainting",
        encoding=Encoding.FORM,
        names=same("model", "prompt"),
        image_name="image",
        polarity=Polarity.WHITE,
    ),
    prompt_commands={"|": "/"},
)
"""No edits route is registered. Inpainting draws 512x512 whatever comes in, so it is used only where the setting `mask`
asks for it, and its picture is laid over the caller's. What follows a `|` in a prompt is what not to draw. Source:
LocalAI's code and documentation, August 2026.
"""
