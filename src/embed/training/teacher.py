"""The teacher: all-MiniLM-L6-v2, a BERT of six layers, run with numpy alone."""

from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from scipy.special import erf
from tokenizers import Tokenizer

HEADS = 12


class Teacher:
    def __init__(self, folder: Path):
        weights = load_file(folder / "model.safetensors")
        self.weights = {name.removeprefix("bert."): np.ascontiguousarray(w, np.float32) for name, w in weights.items()}
        self.layers = sum(name.endswith("attention.self.query.weight") for name in self.weights)
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()

    def embed(self, texts, most_tokens, progress=None, batch_tokens=8192):
        """One vector of length 1 a text; longer texts are cut at `most_tokens`."""
        self.tokenizer.enable_truncation(most_tokens)
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
        out = np.empty((len(ids), self.weights["embeddings.word_embeddings.weight"].shape[1]), np.float32)
        at = 0
        while at < len(order):
            # Texts of one length stand together, so that nothing is padded and nothing masked.
            length = len(ids[order[at]])
            batch = [i for i in order[at : at + max(1, batch_tokens // length)] if len(ids[i]) == length]
            out[batch] = self.forward(np.array([ids[i] for i in batch]))
            at += len(batch)
            if progress:
                progress(at, len(order))
        return out

    def forward(self, ids):
        w = self.weights
        texts, length = ids.shape
        x = w["embeddings.word_embeddings.weight"][ids]
        x = x + w["embeddings.position_embeddings.weight"][:length] + w["embeddings.token_type_embeddings.weight"][0]
        x = self.norm(x, "embeddings.LayerNorm")
        for layer in range(self.layers):
            name = f"encoder.layer.{layer}."
            x = self.norm(x + self.attend(x, name), name + "attention.output.LayerNorm")
            hidden = self.linear(x, name + "intermediate.dense")
            hidden = hidden * 0.5 * (1.0 + erf(hidden * np.float32(0.70710678)))
            x = self.norm(x + self.linear(hidden, name + "output.dense"), name + "output.LayerNorm")
        mean = x.mean(axis=1)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def attend(self, x, name):
        texts, length, width = x.shape
        split = lambda part: self.linear(x, f"{name}attention.self.{part}").reshape(texts, length, HEADS, -1).transpose(0, 2, 1, 3)
        query, key, value = split("query"), split("key"), split("value")
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(width // HEADS))
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(texts, length, width)
        return self.linear(mixed, name + "attention.output.dense")

    def linear(self, x, name):
        flat = x.reshape(-1, x.shape[-1]) @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]
        return flat.reshape(*x.shape[:-1], -1)

    def norm(self, x, name):
        mean = x.mean(axis=-1, keepdims=True)
        variance = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
        return (x - mean) / np.sqrt(variance + 1e-12) * self.weights[name + ".weight"] + self.weights[name + ".bias"]
