"""Run by the judge's own Python: serves Neuroglancer with one layer until its standard input ends, prints its address.

neuroglancer_judge.py STATE: the state as JSON.
"""

import json
import sys

import neuroglancer  # type: ignore[import-not-found]

if __name__ == "__main__":
    neuroglancer.set_server_bind_address("127.0.0.1")
    viewer = neuroglancer.Viewer()
    viewer.set_state(neuroglancer.ViewerState(json.loads(sys.argv[1])))
    print(viewer.get_viewer_url(), flush=True)
    sys.stdin.read()
