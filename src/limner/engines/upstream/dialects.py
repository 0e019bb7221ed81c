"""The table of dialects, by the names that operators write."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from limner.engines.upstream.dialect import Dialect
from limner.engines.upstream.openai_like import AZURE, AZURE_DEPLOYMENT, LIMNER, OPENAI
from limner.engines.upstream.servers import LOCALAI, SD_CPP, SGLANG, VLLM_OMNI
from limner.engines.upstream.services import (
    AZURE_FLUX,
    DEEPINFRA,
    FIREWORKS,
    MODELSCOPE,
    NEBIUS,
    RECRAFT,
    SEEDREAM,
    SILICONFLOW,
    SILICONFLOW_EDIT,
    TOGETHER,
    TOGETHER_KONTEXT,
    XAI,
)


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


DIALECTS: Final[Mapping[DialectName, Dialect]] = {
    DialectName.OPENAI: OPENAI,
    DialectName.AZURE: AZURE,
    DialectName.AZURE_DEPLOYMENT: AZURE_DEPLOYMENT,
    DialectName.AZURE_FLUX: AZURE_FLUX,
    DialectName.LIMNER: LIMNER,
    DialectName.SGLANG: SGLANG,
    DialectName.VLLM_OMNI: VLLM_OMNI,
    DialectName.SD_CPP: SD_CPP,
    DialectName.LOCALAI: LOCALAI,
    DialectName.XAI: XAI,
    DialectName.TOGETHER: TOGETHER,
    DialectName.TOGETHER_KONTEXT: TOGETHER_KONTEXT,
    DialectName.DEEPINFRA: DEEPINFRA,
    DialectName.RECRAFT: RECRAFT,
    DialectName.SEEDREAM: SEEDREAM,
    DialectName.SILICONFLOW: SILICONFLOW,
    DialectName.SILICONFLOW_EDIT: SILICONFLOW_EDIT,
    DialectName.FIREWORKS: FIREWORKS,
    DialectName.NEBIUS: NEBIUS,
    DialectName.MODELSCOPE: MODELSCOPE,
}
