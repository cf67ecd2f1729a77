"""The S3 server of the tests as a storage."""

from urllib.parse import urlsplit

from base.ids import new_id
from base.storage import S3Storage


def s3_options(url: str) -> dict[str, str]:
    """Its AWS_* settings, in lower case."""
    parts = urlsplit(url)
    return {
        "aws_endpoint_url": f"{parts.scheme}://{parts.hostname}:{parts.port}",
        "aws_access_key_id": parts.username or "",
        "aws_secret_access_key": parts.password or "",
    }


def bucket_of(url: str) -> str:
    return urlsplit(url).path.strip("/")


def s3_storage(url: str) -> S3Storage:
    """A storage below a prefix of its own."""
    return S3Storage("cool", bucket_of(url), f"tests/{new_id()}", s3_options(url))
