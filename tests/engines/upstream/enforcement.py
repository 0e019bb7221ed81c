"""What each kind of server refuses, written from its own documentation and not from our table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

KEY = "sk-operators-own-key"
WHITE_MASKS = {"sd-cpp": "mask", "recraft": "mask", "vllm-omni": "mask_image", "localai": "mask"}
"""Dialect -> field of a mask whose white is repainted; everywhere else it is `mask` and its alpha."""
PICTURES = {"recraft": {"image"}, "deepinfra": {"image"}, "localai": {"image"}}
"""Dialect -> names of a form's parts that are looked at for pictures; everywhere else also in brackets, as a list."""
BASES = {"azure": "/openai/v1", "azure-deployment": "/openai/deployments/served"}
"""Dialect -> path of its addresses; `/v1` everywhere else."""
JSON_ONLY = {
    "xai", "together", "together-kontext", "seedream", "siliconflow", "siliconflow-edit", "fireworks", "nebius",
    "modelscope", "azure-flux",
}  # fmt: skip
MASKLESS = JSON_ONLY | {"sglang", "deepinfra"}
ADDRESSES_ONLY = {"siliconflow", "siliconflow-edit", "modelscope"}
"""Servers that never put a picture into their answer."""
FIREWORKS_RATIOS = {"1:1", "2:3", "3:2", "4:5", "5:4", "16:9", "9:16", "9:21", "21:9"}
XAI_RATIOS = {
    "1:1", "3:4", "4:3", "9:16", "16:9", "2:3", "3:2", "1:2", "2:1", "9:19.5", "19.5:9", "9:20", "20:9", "auto",
}  # fmt: skip
OPENAI_LIKE = {"openai", "azure", "azure-deployment", "limner"}
OPENAI_FIELDS = {
    "model", "prompt", "n", "size", "quality", "background", "output_format", "output_compression", "stream",
    "partial_images", "user", "safety_identifier", "complexity", "frame_count", "frame_duration_ms", "svg",
}  # fmt: skip
GENERATION_FIELDS = OPENAI_FIELDS | {"moderation"}
EDIT_FIELDS = OPENAI_FIELDS | {"image", "image[]", "mask", "markup", "input_fidelity"}


class Refused(Exception):
    """The real server would answer this."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


@dataclass(frozen=True)
class Asked:
    """One request. repainted: the corner the server's reading of the mask repaints, or None without a mask."""

    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    fields: Mapping[str, Any]
    images: tuple[bytes, ...]
    mask: bytes | None
    repainted: str | None


def envelope(message: str, param: str | None, code: str | None, **more: Any) -> dict[str, Any]:
    """OpenAI's error."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code, **more}}


def anything(asked: Asked) -> None:
    """Servers that ignore what they do not know."""


def openai(asked: Asked) -> None:
    """Every unknown field is refused, a mask is a PNG, and edits take no JSON here."""
    allowed = EDIT_FIELDS if asked.path.endswith("edits") else GENERATION_FIELDS
    if unknown := sorted(set(asked.fields) - allowed):
        raise Refused(400, envelope(f"Unknown parameter: '{unknown[0]}'.", unknown[0], "unknown_parameter"))
    if asked.mask is not None and Image.open(BytesIO(asked.mask)).format != "PNG":
        raise Refused(400, envelope("Invalid mask image format", None, None))


def azure(asked: Asked) -> None:
    """The model is a deployment, and no dated version is understood."""
    if asked.fields.get("model") != "served":
        raise Refused(404, {"error": {"code": "DeploymentNotFound", "message": "The deployment does not exist."}})
    if asked.query.get("api-version", "v1") not in {"v1", "latest", "preview"}:
        raise Refused(404, {"error": {"code": "404", "message": "Resource not found"}})
    openai(asked)


def azure_deployment(asked: Asked) -> None:
    """The address names the model, and a dated version is needed."""
    if not asked.query.get("api-version", "")[:4].isdecimal():
        raise Refused(404, {"error": {"code": "404", "message": "Resource not found"}})
    if "model" in asked.fields:
        raise Refused(400, envelope("the deployment names the model", "model", None))
    openai(asked)


def sglang(asked: Asked) -> None:
    """No `auto`, no quality it does not know, no addresses without storage."""
    if asked.fields.get("size") == "auto" or "quality" in asked.fields:
        raise Refused(400, {"detail": "Invalid size format: auto"})
    if asked.fields.get("response_format") != "b64_json":
        raise Refused(400, {"detail": "response_format='url' requires cloud storage"})


def vllm_omni(asked: Asked) -> None:
    """One model, and no addresses."""
    if asked.fields.get("model") != "served":
        raise Refused(400, {"error": {"message": "Model mismatch", "type": "BadRequestError", "code": 400}})
    if asked.fields.get("response_format") not in {"b64_json", "file"}:
        raise Refused(422, {"detail": [{"loc": ["body", "response_format"], "msg": "unsupported"}]})


def sd_cpp(asked: Asked) -> None:
    """Edits know two encodings, and errors are bare texts."""
    if asked.path.endswith("edits") and asked.fields.get("output_format", "png") not in {"png", "jpeg"}:
        raise Refused(400, {"error": "invalid output_format, must be one of [png, jpeg]"})


def deepinfra(asked: Asked) -> None:
    """An edit without pictures is none."""
    if asked.path.endswith("edits") and not asked.images:
        raise Refused(400, {"error": {"message": "image is required"}})


def xai(asked: Asked) -> None:
    """Ratios of a list alone, two resolutions, two qualities and three pictures."""
    ratio, resolution = asked.fields.get("aspect_ratio", "auto"), asked.fields.get("resolution", "1k")
    if "size" in asked.fields or asked.fields.get("quality") not in {None, "low", "medium"}:
        raise Refused(400, {"code": "invalid-argument", "error": "Argument not supported: size"})
    if ratio not in XAI_RATIOS or resolution not in {"1k", "2k"} or len(asked.images) > 3:
        raise Refused(400, {"code": "invalid-argument", "error": "Invalid argument"})


def together(asked: Asked) -> None:
    """`b64_json` has another name."""
    if asked.fields.get("response_format") not in {"base64", "url"} or "size" in asked.fields:
        raise Refused(400, envelope("Input should be 'base64' or 'url'", "response_format", None))


def seedream(asked: Asked) -> None:
    """A floor of pixels, and no count."""
    width, height = map(int, asked.fields.get("size", "2048x2048").split("x"))
    if width * height < 3_686_400 or "n" in asked.fields:
        raise Refused(400, {"error": {"code": "InvalidParameter", "message": "size", "param": "size"}})


def recraft(asked: Asked) -> None:
    """A mask is strictly black and white, and has its own address; an edit must say its strength."""
    if asked.mask is not None:
        levels = Image.open(BytesIO(asked.mask))
        if levels.mode != "L" or not set(np.unique(np.asarray(levels))) <= {0, 255}:
            raise Refused(400, {"code": "invalid_mask", "message": "mask must be greyscale, 0 or 255"})
        if asked.path != "/v1/images/inpaint":
            raise Refused(400, {"code": "unexpected_mask", "message": "no mask here"})
    if asked.path.endswith("imageToImage") and "strength" not in asked.fields:
        raise Refused(400, {"code": "missing_strength", "message": "strength is required"})


def localai(asked: Asked) -> None:
    """There is no address for edits; the one for inpainting takes one picture and its mask."""
    if asked.path not in {"/v1/images/generations", "/v1/images/inpainting"}:
        raise Refused(404, {"error": {"code": 404, "message": "Not Found"}})
    if asked.path.endswith("inpainting") and (asked.mask is None or len(asked.images) != 1):
        raise Refused(400, {"error": {"code": 400, "message": "image and mask are required"}})


def azure_flux(asked: Asked) -> None:
    """Sides instead of a size, its own name for the count, bare base64, and a version in the address."""
    if asked.path != "/v1" or "api-version" not in asked.query:
        raise Refused(404, {"error": {"code": "404", "message": "Resource not found"}})
    _only(asked, {"model", "prompt", "width", "height", "num_images", "output_format", "seed", "image"})
    if str(asked.fields.get("image", "")).startswith("data:"):
        raise Refused(400, envelope("image must be base64", "image", None))


def siliconflow(asked: Asked) -> None:
    """A size is needed, and answers are addresses alone."""
    if "image_size" not in asked.fields or asked.images:
        raise Refused(400, {"code": 20015, "message": "The parameter is invalid: image_size", "data": None})
    _only(asked, {"model", "prompt", "image_size", "batch_size", *SILICONFLOW_FIELDS})


def siliconflow_edit(asked: Asked) -> None:
    """Qwen-Image-Edit: no size, and up to three pictures, each in its own field."""
    if "image_size" in asked.fields or not 1 <= len(asked.images) <= 3:
        raise Refused(400, {"code": 20015, "message": "The parameter is invalid: image_size", "data": None})
    _only(asked, {"model", "prompt", "image", "image2", "image3", *SILICONFLOW_FIELDS})


def fireworks(asked: Asked) -> None:
    """The address names the model, ratios are a list, and nothing else of OpenAI's is known."""
    if asked.path != "/v1/workflows/accounts/fireworks/models/served/text_to_image":
        raise Refused(404, {"error": {"message": "Model not found", "code": "NOT_FOUND"}})
    _only(asked, {"prompt", "aspect_ratio", "guidance_scale", "num_inference_steps", "seed"})
    if asked.fields.get("aspect_ratio", "1:1") not in FIREWORKS_RATIOS:
        raise Refused(400, {"error": {"message": "Invalid aspect_ratio"}})


def nebius(asked: Asked) -> None:
    """Sides instead of a size, one picture, and its own name and words for the format."""
    _only(
        asked,
        {"model", "prompt", "width", "height", "response_format", "response_extension", "negative_prompt", "seed",
         "num_inference_steps", "loras"},
    )  # fmt: skip
    if asked.fields.get("response_extension") not in {None, "png", "jpg", "webp"}:
        raise Refused(422, {"detail": [{"loc": ["body", "response_extension"], "msg": "unexpected value"}]})


def modelscope(asked: Asked) -> None:
    """Answers are addresses alone."""
    if asked.fields.get("response_format", "url") != "url":
        raise Refused(400, {"error": {"message": "response_format"}})


SILICONFLOW_FIELDS = ("negative_prompt", "seed", "num_inference_steps", "guidance_scale", "cfg")


def _only(asked: Asked, names: set[str]) -> None:
    """Stricter than the real one may be, so that nothing is sent which it is not known to take."""
    if unknown := sorted(set(asked.fields) - names):
        raise Refused(400, envelope(f"Unknown parameter: '{unknown[0]}'.", unknown[0], None))


ENFORCED: dict[str, Callable[[Asked], None]] = {
    "openai": openai,
    "azure": azure,
    "azure-deployment": azure_deployment,
    "sd-cpp": sd_cpp,
    "deepinfra": deepinfra,
    "sglang": sglang,
    "vllm-omni": vllm_omni,
    "xai": xai,
    "together": together,
    "together-kontext": together,
    "seedream": seedream,
    "recraft": recraft,
    "localai": localai,
    "azure-flux": azure_flux,
    "siliconflow": siliconflow,
    "siliconflow-edit": siliconflow_edit,
    "fireworks": fireworks,
    "nebius": nebius,
    "modelscope": modelscope,
}
