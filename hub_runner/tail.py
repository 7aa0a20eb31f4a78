"""The end of a stream, for messages about what went wrong."""

from __future__ import annotations

from collections import deque


class Tail:
    """The last bytes of a stream, about ``size`` of them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._chunks: deque[bytes] = deque()
        self._length = 0

    def add(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._length += len(chunk)
        while self._length - len(self._chunks[0]) > self._size:
            self._length -= len(self._chunks.popleft())

    @property
    def text(self) -> bytes:
        return b"".join(self._chunks)[-self._size :]

    def __str__(self) -> str:
        return self.text.decode(errors="replace").strip()
