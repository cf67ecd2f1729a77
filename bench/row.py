"""What a measurement returns, and the timing that measurements share."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table.

    `ours` and `reference` are in `unit`; `reference` is a peer's value on the same machine or a floor, such as a plain
    read of the file, and None where the target is absolute. `meets` says whether the target is reached, None where the
    value is only reported.
    """

    name: str
    unit: str
    ours: float
    target: str
    meets: bool | None
    reference: float | None = None
    reference_name: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours over the reference."""
        return self.ours / self.reference if self.reference else None


@dataclass(frozen=True)
class Timing:
    """Milliseconds of repeated calls."""

    p50: float
    p95: float


def time_calls(call: Callable[[], object], *, repeats: int = 50, warm_up: int = 3) -> Timing:
    """Time `repeats` calls, at least 2, after `warm_up` calls that do not count."""
    for _ in range(warm_up):
        call()
    milliseconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        milliseconds.append((time.perf_counter() - start) * 1000)
    return Timing(statistics.median(milliseconds), statistics.quantiles(milliseconds, n=20, method="inclusive")[-1])
