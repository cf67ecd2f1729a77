"""What a request frees stays with the process that serves."""

import platform
import subprocess
import sys

import pytest

# In a process of its own: what others of this one have freed decides where the next memory comes from.
PROGRAM = """
import resource

import django

django.setup()

from publishing.delivery.memory import LARGEST, MEBI, keep_freed

keep_freed()
size = LARGEST - MEBI
bytearray(size)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
bytearray(size)
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(faults * resource.getpagesize() / size)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc can be told: run it on Linux")
def test_memory_that_was_freed_is_had_again_without_asking_the_system() -> None:
    told = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    assert float(told.stdout) < 0.1
