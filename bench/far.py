"""`python -m bench.far PORT SERVER MILLISECONDS`: on PORT, the server on port SERVER as if it were so far away: all
bytes arrive half of that time later, in each direction."""

import asyncio
import sys
from collections.abc import Awaitable

BLOCK = 2**16


async def _later(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Pass on what comes, each piece `seconds` after it came."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def send() -> None:
        while True:
            due, data = await queue.get()
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            if not data:
                writer.close()
                return
            writer.write(data)

    sending = asyncio.create_task(send())
    try:
        while data := await reader.read(BLOCK):
            queue.put_nowait((loop.time() + seconds, data))
    except ConnectionError:
        pass
    queue.put_nowait((loop.time() + seconds, b""))
    await sending


async def main(port: int, server: int, seconds: float) -> None:
    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", server)
        ways: list[Awaitable[None]] = [_later(reader, back, seconds / 2), _later(there, writer, seconds / 2)]
        await asyncio.gather(*ways)

    async with await asyncio.start_server(connect, "127.0.0.1", port) as listening:
        await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000))
