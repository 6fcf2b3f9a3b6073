"""Trains the embedded embedding model: a vector a token, so that a text's mean vector is what the teacher says of the text."""

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

from corpus import corpus
from teacher import Teacher

SEED = 1
DIMENSION = 256
# Teacher tokens of a text at most: 128 cover a paragraph.
MOST_TOKENS = 128
# Whole words taken into the vocabulary because the teacher's breaks them: those seen at least so often, most frequent first.
WORD_SEEN, NEW_WORDS = 4, 6_000
VOCABULARY = 31_500
RIDGE, ROUNDS = 0.1, 120
# Short texts are what is asked for, long ones what is found: names weigh more, since there are few.
WEIGHT = {"name": 3.0, "heading": 1.5}


def main():
    options = arguments()
    texts = corpus(options.packages, SEED)
    say(f"{len(texts)} texts: {dict(Counter(kind for kind, _ in texts))}")
    kinds, texts = [kind for kind, _ in texts], [text for _, text in texts]
    teacher = Teacher(options.teacher)
    wanted = taught(teacher, texts, options.work)
    kinds, texts = kinds[: len(wanted)], texts[: len(wanted)]
    tokenizer = vocabulary(teacher.tokenizer, texts)
    axes = principal_axes(wanted)
    bags = bag_of_tokens(tokenizer, texts)
    start = alone(teacher, tokenizer, axes)
    weights = np.sqrt(np.array([WEIGHT.get(kind, 1.0) for kind in kinds], np.float32))
    vectors = fit(bags, wanted @ axes, start, weights)
    write(options.out, tokenizer, vectors)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--packages", type=Path, required=True, help="the folder that fetch.sh fills")
    parser.add_argument("--teacher", type=Path, required=True, help="the teacher's safetensors and tokenizer")
    parser.add_argument("--work", type=Path, required=True, help="where the teacher's answers are kept")
    parser.add_argument("--out", type=Path, required=True, help="where model.safetensors and tokenizer.json go")
    return parser.parse_args()


def taught(teacher, texts, work, part=10_000):
    """What the teacher says of each text; kept in parts, so that a run that was cut off goes on."""
    work.mkdir(parents=True, exist_ok=True)
    answers = []
    for begin in range(0, len(texts), part):
        file = work / f"{begin:07}.npy"
        if not file.exists():
            started = time.time()
            np.save(file, teacher.embed(texts[begin : begin + part], MOST_TOKENS).astype(np.float16))
            say(f"teacher: {begin + part} of {len(texts)}, {time.time() - started:.0f} s")
        answers.append(np.load(file).astype(np.float32))
    return np.concatenate(answers)


def vocabulary(teachers, texts):
    """The teacher's word pieces without those never seen, and with whole words that it breaks."""
    split = pre_tokenizers.BertPreTokenizer()
    normalizer = normalizers.BertNormalizer(lowercase=True)
    words = Counter()
    for text in texts:
        words.update(word for word, _ in split.pre_tokenize_str(normalizer.normalize_str(text)))
    teachers.no_truncation()
    # In the order of their numbers: the dictionary itself has another order in each run.
    known = dict(sorted(teachers.get_vocab().items(), key=lambda entry: entry[1]))
    broken = [word for word, seen in words.most_common() if seen >= WORD_SEEN and word.isascii() and word.isalnum() and word not in known]
    pieces = Counter()
    new = set(broken[:NEW_WORDS])
    for word, seen in words.items():
        if word not in new:
            for piece in teachers.encode(word, add_special_tokens=False).tokens:
                pieces[piece] += seen
    # Single characters stay, so that every word can be spelt; of the rest those that are used most.
    spelling = [piece for piece in known if len(piece.removeprefix("##")) == 1 and piece.isascii()]
    used = [piece for piece, _ in pieces.most_common() if piece not in ("[UNK]",) and piece in known]
    kept = dict.fromkeys(["[UNK]", *spelling, *broken[:NEW_WORDS], *used])
    kept.update(dict.fromkeys(piece for piece in known if piece.isascii() and not piece.startswith("[")))
    chosen = sorted(list(kept)[1:VOCABULARY])
    tokenizer = Tokenizer(models.WordPiece({piece: at for at, piece in enumerate(["[UNK]", *chosen])}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.decoder = normalizer, split, decoders.WordPiece()
    return tokenizer


def principal_axes(wanted):
    """The directions that hold most of what the teacher says: 384 dimensions become fewer."""
    values, axes = np.linalg.eigh((wanted.T @ wanted).astype(np.float64))
    say(f"{DIMENSION} of {len(values)} dimensions hold {values[-DIMENSION:].sum() / values.sum():.3f}")
    return axes[:, ::-1][:, :DIMENSION].astype(np.float32)


def bag_of_tokens(tokenizer, texts):
    """A row a text, its tokens' shares."""
    rows, columns, shares = [], [], []
    for row, encoding in enumerate(tokenizer.encode_batch(texts)):
        counts = Counter(encoding.ids)
        for token, count in counts.items():
            rows.append(row), columns.append(token), shares.append(count / len(encoding.ids))
    shape = (len(texts), tokenizer.get_vocab_size())
    return csr_matrix((np.array(shares, np.float32), (rows, columns)), shape)


def alone(teacher, tokenizer, axes):
    """Where fitting starts from, and stays for a token that no text holds: what the teacher says of the token alone."""
    names = [token.removeprefix("##") for token, _ in sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])]
    return teacher.embed(names, 8) @ axes * np.float32(0.5)


def fit(bags, wanted, start, weights):
    """Ridge regression by conjugate gradients, all dimensions at once."""
    rows = bags.multiply(weights[:, None]).tocsr()
    rest = weights[:, None] * wanted - rows @ start
    columns = rows.T.tocsr()
    apply = lambda x: columns @ (rows @ x) + RIDGE * x
    x = np.zeros_like(start)
    r = columns @ rest
    p, size = r.copy(), (r * r).sum(axis=0)
    for round in range(ROUNDS):
        ap = apply(p)
        step = size / np.maximum((p * ap).sum(axis=0), 1e-12)
        x += step * p
        r -= step * ap
        smaller = (r * r).sum(axis=0)
        p = r + smaller / np.maximum(size, 1e-20) * p
        size = smaller
        if round % 10 == 9:
            say(f"fit: round {round + 1}, residual {np.sqrt(size.sum()):.3f}")
    fitted = rows @ (start + x)
    cosine = (fitted * wanted).sum(1) / np.linalg.norm(fitted, axis=1).clip(1e-9) / np.linalg.norm(wanted, axis=1).clip(1e-9)
    say(f"fit: mean cosine to the teacher {cosine.mean():.3f}")
    return start + x


def write(out, tokenizer, vectors):
    out.mkdir(parents=True, exist_ok=True)
    scale = np.float32(np.quantile(np.abs(vectors), 0.9999) / 127)
    whole = np.clip(np.round(vectors / scale), -127, 127).astype(np.int8)
    save_file({"embeddings": whole, "scale": np.array([scale], np.float32)}, out / "model.safetensors")
    text = json.loads(tokenizer.to_str(pretty=False))
    (out / "tokenizer.json").write_text(json.dumps(text, ensure_ascii=False, separators=(",", ":")))
    say(f"written: {whole.shape}, {(out / 'model.safetensors').stat().st_size + (out / 'tokenizer.json').stat().st_size} bytes")


def say(line):
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
