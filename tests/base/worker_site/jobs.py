import hashlib
from pathlib import Path

from base.jobs import Progress, job

STEPS = 100
ROUNDS = 60_000  # of hashing for each step: work enough that a worker can be killed in the middle


@job("steps")
def steps(progress: Progress) -> None:
    with Path(progress.payload["log"]).open("a") as log:
        for step in range(progress.checkpoint.get("step", 0), STEPS):
            hashlib.pbkdf2_hmac("sha256", b"step", b"salt", ROUNDS)
            log.write(f"{progress.job.attempts} {step}\n")
            log.flush()
            progress.report(step + 1, STEPS, f"step {step}", {"step": step + 1})
