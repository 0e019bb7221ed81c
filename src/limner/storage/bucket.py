"""Where an object store is and how it is reached, and the way to blobs kept in one.

Knows addresses and credentials; obstore, which is an extra, is loaded only when a bucket is opened.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from limner.blobs import BlobStore

EXTRA: Final = "limner[objects]"
"""What has to be installed for object stores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A place in an object store.

    url: `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX` or `az://CONTAINER/PREFIX`. endpoint: the service's own when None.
    account, secret: S3's access key, Azure's storage account and key, the JSON of a Google service account's key; what
    is None comes from the environment, as usual for the store. ca_file: authorities to trust beside the system's own.
    proxy: with its password; none is used when None. timeout_s: for each operation, attempts included.
    """

    url: str
    endpoint: str | None = None
    region: str | None = None
    account: str | None = None
    secret: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    proxy: str | None = field(default=None, repr=False)
    timeout_s: float = 60.0

    @property
    def scheme(self) -> str:
        """The kind of the store."""
        return urlsplit(self.url).scheme

    @property
    def name(self) -> str:
        """The bucket's own name, which at Azure is a container's."""
        return urlsplit(self.url).netloc

    @property
    def prefix(self) -> str:
        """What every key begins with, without slashes around it."""
        return urlsplit(self.url).path.strip("/")


def open_bucket(bucket: Bucket, folder: str, scratch: Path) -> BlobStore:
    """The blobs kept under `folder` in a bucket. Nothing is asked of the store yet.

    scratch: where large ones lie on this machine's disk while they are read. Raises OSError, naming the bucket, when
    obstore is not installed or the credentials have the wrong form.
    """
    try:
        from limner.storage.object_blobs import ObjectBlobs, connected  # noqa: PLC0415  an extra, and megabytes
    except ModuleNotFoundError as error:
        if error.name != "obstore":
            raise
        raise OSError(
            errno.ENOSYS, f"results in an object store need a package more: pip install '{EXTRA}'", bucket.url
        ) from error
    return ObjectBlobs(connected(bucket, folder), scratch, bucket.timeout_s)
