"""What a request frees stays with the process that serves."""

import platform
import resource

import pytest

from publishing.delivery.memory import LARGEST, MEBI, keep_freed


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc can be told: run it on Linux")
def test_memory_that_was_freed_is_had_again_without_asking_the_system() -> None:
    keep_freed()
    size = LARGEST - MEBI
    bytearray(size)
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    bytearray(size)
    faults = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before
    assert faults < size / resource.getpagesize() / 10
