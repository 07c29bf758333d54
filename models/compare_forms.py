#!/usr/bin/env python3
"""Measures the forms of the graph against each other; the tables of docs/embedding.md come from here.

    python3 models/compare_forms.py --model DIR --titles ORDER_FILE speed --batch 64 --threads 1
    python3 models/compare_forms.py --model DIR --titles ORDER_FILE latency --threads 1
    python3 models/compare_forms.py --model DIR --titles ORDER_FILE quality --questions FILE.jsonl

DIR holds model.safetensors and tokenizer.json. All forms run on each batch before the next batch
begins, so what else the machine does disturbs them alike: trust the ratios before the rates.
"""

import argparse
import gzip
import json
import random
import statistics
import time
from pathlib import Path

import numpy as np

from embeddings import Embedder, tokenizer
from make_graph import FORMS, graph_bytes


def order_rows(path):
    """Returns `(code, long title)` of every row of an ICD-10-CM order file, plain or gzip."""
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path)
    with opened as lines:
        return [(line[6:13].strip(), line[77:].strip()) for line in lines]


def batches(texts, size):
    """Yields `texts` by length, so that a batch holds little padding."""
    texts = sorted(texts, key=len)
    for start in range(0, len(texts), size):
        yield texts[start : start + size]


def speed(args, embedders):
    titles = [title for _, title in order_rows(args.titles)]
    sample = random.Random(2026).sample(titles, args.sample)
    wall, cpu, lowest = ({form: [] for form in embedders} for _ in range(3))
    forms = list(embedders)
    for number, texts in enumerate(batches(sample, args.batch)):
        inputs = embedders[forms[0]].inputs(texts)
        vectors = {}
        # A different form goes first each time, or the first would always warm the cache for the rest.
        for form in forms[number % len(forms) :] + forms[: number % len(forms)]:
            wall_start, cpu_start = time.perf_counter(), time.process_time()
            vectors[form] = embedders[form].pooled(inputs)
            wall[form].append((time.perf_counter() - wall_start) / len(texts))
            cpu[form].append((time.process_time() - cpu_start) / len(texts))
        for form in forms:
            lowest[form].append(float((vectors[form] * vectors[forms[0]]).sum(axis=1).min()))
    print(f"{args.sample} titles, batch {args.batch}, {args.threads} thread(s); ratio to {forms[0]}: median (quartiles) over batches")
    for form in forms:
        ratios = np.array(cpu[forms[0]]) / np.array(cpu[form])
        low, middle, high = np.percentile(ratios, [25, 50, 75])
        print(
            f"{form:16} {1 / statistics.mean(wall[form]):6.1f} titles/s  {1 / statistics.mean(cpu[form]):6.1f} titles/CPU-s  "
            f"ratio {middle:.2f} ({low:.2f}-{high:.2f})  lowest cosine to {forms[0]} {min(lowest[form]):.6f}"
        )


def latency(args, embedders):
    titles = [title for _, title in order_rows(args.titles)]
    sample = random.Random(7).sample(titles, args.sample)
    wall, cpu = ({form: [] for form in embedders} for _ in range(2))
    for title in sample:
        for form, embedder in embedders.items():
            inputs = embedder.inputs([title])
            wall_start, cpu_start = time.perf_counter(), time.process_time()
            embedder.pooled(inputs)
            wall[form].append((time.perf_counter() - wall_start) * 1e3)
            cpu[form].append((time.process_time() - cpu_start) * 1e3)
    print(f"{args.sample} single texts, {args.threads} thread(s), milliseconds")
    for form in embedders:
        parts = [f"{name} p50 {np.percentile(ms[form], 50):.2f} p99 {np.percentile(ms[form], 99):.2f}" for name, ms in (("wall", wall), ("CPU", cpu))]
        print(f"{form:16} least {min(wall[form]):.2f}  {'  '.join(parts)}")


def quality(args, embedders):
    """Prints dense recall over every title near a question in the first form, and every right answer.

    For the first form that is its recall over all titles; for another it is the most that it could be."""
    questions = [json.loads(line) for file in args.questions for line in file.read_text().splitlines()]
    asked = [question["query"] for question in questions]
    rows = order_rows(args.titles)
    codes = [code for code, _ in rows]
    first, reference = next(iter(embedders.values())), None
    if not args.title_vectors.exists():
        np.save(args.title_vectors, embed_all(first, [title for _, title in rows], args.batch).astype(np.float16))
    everything = np.load(args.title_vectors).astype(np.float32)
    scores = everything @ embed_all(first, asked, args.batch).T
    near = np.argpartition(-scores, args.near, axis=0)[: args.near].ravel()
    right = {code.replace(".", "") for question in questions for code in question["codes"]}
    pool = sorted(set(near.tolist()) | {row for row, code in enumerate(codes) if code in right})
    print(f"{len(asked)} questions over {len(pool)} of {len(rows)} titles (the {args.near} nearest of each question and the answers)")
    for form, embedder in embedders.items():
        titles = embed_all(embedder, [rows[row][1] for row in pool], args.batch)
        ranked = np.argsort(-(embed_all(embedder, asked, args.batch) @ titles.T), axis=1)[:, :10]
        hits = [
            [codes[pool[place]] in {code.replace(".", "") for code in question["codes"]} for place in places]
            for question, places in zip(questions, ranked)
        ]
        found = {depth: {place for place, hit in enumerate(hits) if any(hit[:depth])} for depth in (1, 10)}
        reference = reference or found
        parts = [
            f"recall@{depth} {len(found[depth]) / len(hits):.1%} (gained {len(found[depth] - reference[depth])}, lost {len(reference[depth] - found[depth])})"
            for depth in found
        ]
        print(f"{form:16} {'  '.join(parts)}", flush=True)


def embed_all(embedder, texts, batch):
    """Returns one row a text, in the order given."""
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    vectors = np.empty((len(texts), 384), np.float32)
    for start in range(0, len(order), batch):
        places = order[start : start + batch]
        vectors[places] = embedder.pooled(embedder.inputs([texts[place] for place in places]))
    return vectors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measure", choices=("speed", "latency", "quality"))
    parser.add_argument("--model", type=Path, required=True, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("--titles", type=Path, required=True, help="ICD-10-CM order file")
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=list(FORMS), help="the first is what the others are compared with")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--sample", type=int, default=4096)
    parser.add_argument("--questions", type=Path, nargs="+")
    parser.add_argument("--near", type=int, default=30)
    parser.add_argument("--title-vectors", type=Path, default=Path("title-vectors.npy"), help="vectors of all titles; made when missing")
    args = parser.parse_args()
    if args.measure == "quality" and not args.questions:
        parser.error("quality needs --questions FILE.jsonl")
    if args.near < 10:
        parser.error("--near has to be 10 or more: with fewer titles a question, recall@10 would be too high")
    weights, words = (args.model / "model.safetensors").read_bytes(), tokenizer(args.model / "tokenizer.json")
    embedders = {form: Embedder(graph_bytes(form=form), weights, words, args.threads) for form in args.forms}
    {"speed": speed, "latency": latency, "quality": quality}[args.measure](args, embedders)


if __name__ == "__main__":
    main()
