"""What a call costs the operator where the server's answer does not say so: by the price the operator wrote."""

from __future__ import annotations

from dataclasses import replace

from limner.blobs import Blob
from limner.engine import Finished
from limner.imaging.codec import UnreadableImage, inspect
from limner.job import ImageRequest, Size, Usage
from limner.prices import Price, TokenRates, Work


def reckoned(last: Finished, request: ImageRequest, price: Price) -> Finished:
    """`last` with its cost by `price`; untouched where the server told it, or did not tell the tokens it is made of.

    Reads the headers of the request's pictures, which may be on disk: runs in a thread.
    """
    if last.cost_nusd is not None or (isinstance(price, TokenRates) and last.usage is None):
        return last
    work = Work(
        n=len(last.pictures),
        size=last.pictures[0].size,
        quality=last.quality,
        usage=last.usage or Usage(),
        inputs=tuple(map(_size, request.images)),
    )
    return replace(last, cost_nusd=sum(step.amount_nusd for step in price.steps(work)))


def _size(image: Blob) -> Size | None:
    try:
        return inspect(image).size
    except UnreadableImage:
        return None
