"""Fits the judge's weights by logistic regression: a topic is as sure as its best passage."""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

RIDGE = 0.0003
# The sets hold far more hard rows than a posting does, which leaves the fit too timid: of what it put just below 0.75 nearly all
# was covered. Both numbers were chosen on the mean of all libraries, for the F1 at 0.75 and for the calibration error.
SHIFT, SHARPEN, THRESHOLD = 0.75, 1.5, 0.75
# Features that can only speak for a topic, and those that can only speak against it: a few hundred rows do not tell otherwise.
UP = ["heading", "exact_heading", "heading_words", "path_words", "named", "named_at_all", "section_names", "defined", "lexical", "held",
      "standing", "best_standing", "section_standing", "peak", "closeness", "best_closeness"]
DOWN = ["unknown", "not_prose", "thin"]
# The books of the sets have hardly any: a list of references is no treatment however often it names a thing.
NOT_PROSE = -3.0


# How much a row of each kind counts: what a posting asks for is mostly called by its name, and is seldom a near miss of the library.
KINDS = {"direct": 1.5, "paraphrase": 0.4, "absent": 1.5, "near_miss": 0.5}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+", type=Path, help="what `pathwright evaluate coverage --features FILE` wrote, a file a library; one named twice counts twice")
    parser.add_argument("--out", type=Path, help="the weights, as TOML")
    parser.add_argument("--test", nargs="*", type=Path, default=[], help="libraries to test on only")
    options = parser.parse_args()
    libraries = [(file.stem, read(file)) for file in options.files]
    names = json.loads(options.files[0].read_text().splitlines()[0])["names"]
    for name, rows in dict(libraries).items():
        rest = [rows for other, rows in libraries if other != name]
        if rest:
            report(f"{name}, fitted on the others", rows, fit(rest, names))
    weights = fit([rows for _, rows in libraries], names)
    for file in options.test:
        report(f"{file.stem}, fitted on the libraries above", read(file), weights)
    if options.out:
        lines = [f"base = {weights[-1]:.4f}"] + [f"{name} = {weight:.4f}" for name, weight in zip(names, weights)]
        options.out.write_text("# Written by fitting/fit.py.\n" + "\n".join(lines) + "\n")


def read(file):
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return [(np.array(row["candidates"], np.float64).reshape(len(row["candidates"]), -1), row["covered"], row.get("kind")) for row in rows if row["candidates"]]


def fit(libraries, names):
    """Every library counts the same, however many rows it has."""
    rows = [(candidates, covered, KINDS.get(kind, 1.0) / len(library)) for library in libraries for candidates, covered, kind in library]
    labels = np.array([covered for _, covered, _ in rows], np.float64)
    shares = np.array([share for _, _, share in rows])
    shares = shares / shares.sum()
    weights = start(names)
    bounds = [(0, None) if name in UP else (None, 0) if name in DOWN else (None, None) for name in names] + [(None, None)]
    bounds[names.index("not_prose")] = (None, NOT_PROSE)
    stacked = np.concatenate([candidates for candidates, _, _ in rows])
    begins = np.cumsum([0] + [len(candidates) for candidates, _, _ in rows[:-1]])
    owner = np.repeat(np.arange(len(rows)), [len(candidates) for candidates, _, _ in rows])

    def loss(weights, sharpness):
        odds = sharpness * (stacked @ weights[:-1])
        highest = np.maximum.reduceat(odds, begins)
        shape = np.exp(odds - highest[owner])
        sums = np.add.reduceat(shape, begins)
        best = (highest + np.log(sums)) / sharpness + weights[-1]
        value = (shares * (np.logaddexp(0, best) - labels * best)).sum() + RIDGE * (weights[:-1] ** 2).sum()
        push = shares * (1 / (1 + np.exp(-best)) - labels)
        slope = np.append(stacked.T @ (shape / sums[owner] * push[owner]) + 2 * RIDGE * weights[:-1], push.sum())
        return value, slope

    # From a mean over the better passages to the best one alone: the maximum itself would settle where it begins.
    for sharpness in (1, 2, 4, 8, 16):
        weights = minimize(loss, weights, args=(sharpness,), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}).x
    return decided(weights)


def decided(weights):
    """Moved and sharpened around the threshold; the order of the topics stays."""
    middle = np.log(THRESHOLD / (1 - THRESHOLD))
    weights = SHARPEN * weights
    weights[-1] += SHARPEN * (SHIFT - middle) + middle
    return weights


def start(names):
    guess = {"heading": 2, "named": 1, "defined": 1, "lexical": 1.5, "held": 1, "standing": 2, "exact_heading": 1, "not_prose": -4, "thin": -1}
    return np.array([guess.get(name, 0.0) for name in names] + [-4.0])


def report(title, rows, weights):
    score = np.array([1 / (1 + np.exp(-(candidates @ weights[:-1]).max() - weights[-1])) for candidates, _, _ in rows])
    truth = np.array([covered for _, covered, _ in rows])
    print(f"{title}: " + " ".join(f"{name} {value:.3f}" for name, value in figures(score, truth).items()), file=sys.stderr)


def figures(score, truth, threshold=0.75):
    above, below = score[truth], score[~truth]
    auc = ((above[:, None] > below).mean() + 0.5 * (above[:, None] == below).mean()) if len(above) and len(below) else float("nan")
    told = score >= threshold
    right = (told & truth).sum()
    precision, recall = right / max(told.sum(), 1), right / max(truth.sum(), 1)
    bins = np.minimum((score * 10).astype(int), 9)
    error = sum(abs(score[bins == b].mean() - truth[bins == b].mean()) * (bins == b).mean() for b in range(10) if (bins == b).any())
    return {"auc": auc, "precision": precision, "recall": recall, "f1": 2 * precision * recall / max(precision + recall, 1e-9), "ece": error}


if __name__ == "__main__":
    main()
