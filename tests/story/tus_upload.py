"""Uploads files with tuspy, in a process of its own, since tuspy leaves its sockets to the garbage collector.

Reads JSON from standard input: endpoint, authorization, study, chunk_size, files (pairs of place and name).
"""

import hashlib
import json
import sys
from pathlib import Path

from tusclient.client import TusClient

job = json.load(sys.stdin)
client = TusClient(job["endpoint"], headers={"Authorization": job["authorization"]})
for place, name in job["files"]:
    metadata = {"study": job["study"], "filename": name, "sha256": hashlib.sha256(Path(place).read_bytes()).hexdigest()}
    client.uploader(place, chunk_size=job["chunk_size"], metadata=metadata).upload()
