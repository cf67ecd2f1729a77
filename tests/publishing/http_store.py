"""A read-only Zarr store over HTTP, so that zarr-python reads what the site serves."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx
from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, Store, SuffixByteRequest
from zarr.core.buffer import Buffer, BufferPrototype


class HttpStore(Store):
    """What lies below one address. 404 means that a key is absent; any other status but 200 and 206 raises."""

    supports_writes = supports_deletes = supports_listing = False

    def __init__(self, base: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(read_only=True)
        self.base = base
        self.client = httpx.Client(headers=headers, timeout=120)

    def close(self) -> None:
        self.client.close()
        super().close()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HttpStore) and other.base == self.base

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        headers = {"Range": _range_header(byte_range)} if byte_range else {}
        response = self.client.get(f"{self.base}/{key}", headers=headers)
        if response.status_code == 404:
            return None
        response.raise_for_status()
        return prototype.buffer.from_bytes(response.content)

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        return [await self.get(key, prototype, byte_range) for key, byte_range in key_ranges]

    async def exists(self, key: str) -> bool:
        return self.client.head(f"{self.base}/{key}").status_code == 200

    async def set(self, key: str, value: Buffer) -> None:
        raise NotImplementedError

    async def delete(self, key: str) -> None:
        raise NotImplementedError

    def list(self) -> AsyncIterator[str]:
        raise NotImplementedError

    def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        raise NotImplementedError

    def list_dir(self, prefix: str) -> AsyncIterator[str]:
        raise NotImplementedError


def _range_header(wanted: Any) -> str:
    if isinstance(wanted, RangeByteRequest):
        return f"bytes={wanted.start}-{wanted.end - 1}"
    if isinstance(wanted, OffsetByteRequest):
        return f"bytes={wanted.offset}-"
    assert isinstance(wanted, SuffixByteRequest)
    return f"bytes=-{wanted.suffix}"
