"""Bodies of the model endpoints. Source: OpenAI API reference, Models; listing recorded August 2026."""

from __future__ import annotations

import orjson

from limner.contract.catalog import Catalog, Model
from limner.contract.refusals import echo
from limner.errors import NotFound
from limner.job import Json


def models_body(catalog: Catalog) -> bytes:
    """The list of models, in the catalog's order."""
    return _indented({"object": "list", "data": [_object(model) for model in catalog.values()]})


def model_body(model_id: str, catalog: Catalog) -> bytes:
    """One model. Raises NotFound for a name the catalog does not have."""
    model = catalog.get(model_id)
    if model is None:
        raise NotFound(
            f"The model `{echo(model_id)}` does not exist or you do not have access to it.",
            param="model",
            code="model_not_found",
        )
    return _indented(_object(model))


def _object(model: Model) -> dict[str, Json]:
    return {"id": model.id, "object": "model", "created": model.created_s, "owned_by": model.owned_by}


def _indented(body: dict[str, Json]) -> bytes:
    return orjson.dumps(body, option=orjson.OPT_INDENT_2)
