#!/usr/bin/env python3
"""Tests of the committed graph.

    python3 models/test_graph.py --without-weights      the graph alone (requirements.txt)
    python3 models/test_graph.py --weights DIR          also what it computes (requirements-embeddings.txt)

DIR is the model's folder, with model.safetensors and tokenizer.json. Without `--weights` it is
`models/all-minilm-l6-v2` in the data folder that CODECITE_DATA_DIR names, where `codecite setup` puts it.
"""

import argparse
import math
import os
import sys
import unittest
from pathlib import Path

import onnx

import make_graph

SENTINEL = "sentinel lymph node mapping with dye injection"
INTRAOPERATIVE = "Intraoperative identification of sentinel lymph node(s)"

# What the model gives for these two texts (docs/embedding.md); 1e-3 leaves room for the order in which a CPU adds.
REFERENCE_COSINE = 0.6767
REFERENCE_START = [0.0538, -0.0259, 0.0315, -0.0162, 0.0375]
TOLERANCE = 1e-3

MODEL_DIR = None  # set by main(); None means: told to go without


class CommittedGraph(unittest.TestCase):
    def setUp(self):
        self.model = onnx.load(make_graph.GRAPH, load_external_data=False)

    def test_it_is_what_the_generator_makes(self):
        advice = "run python3 models/make_graph.py and commit the result"
        self.assertTrue(make_graph.GRAPH.read_bytes() == make_graph.graph_bytes(), advice)

    def test_token_ids_go_in_and_hidden_states_come_out_at_any_batch_and_length(self):
        def shapes(values):
            return {v.name: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in values}

        tokens = ["batch", "sequence"]
        expected = {name: tokens for name in ("input_ids", "attention_mask", "token_type_ids")}
        self.assertEqual(shapes(self.model.graph.input), expected)
        self.assertEqual(shapes(self.model.graph.output), {"last_hidden_state": [*tokens, 384]})

    def test_every_weight_is_a_pointer_that_fits_its_tensor(self):
        table = make_graph.tensor_table(make_graph.HEAD)
        weights = [tensor for tensor in self.model.graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT]
        self.assertEqual({weight.name for weight in weights}, {name for name in table if not name.startswith("pooler.")})
        for weight in weights:
            self.assertEqual(weight.data_location, onnx.TensorProto.EXTERNAL, weight.name)
            pointer = {entry.key: entry.value for entry in weight.external_data}
            self.assertEqual(pointer["location"], "model.safetensors")
            self.assertEqual(int(pointer["length"]), 4 * math.prod(weight.dims), weight.name)
            self.assertEqual((list(weight.dims), int(pointer["offset"]), int(pointer["length"])), table[weight.name])


class Embeddings(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if MODEL_DIR is None:
            raise unittest.SkipTest("told to go --without-weights: nothing that the graph computes was tested")
        import embeddings

        cls.weights = (MODEL_DIR / "model.safetensors").read_bytes()
        words = embeddings.tokenizer(MODEL_DIR / "tokenizer.json")
        cls.with_graph = staticmethod(lambda graph: embeddings.Embedder(graph, cls.weights, words))
        cls.embedder = cls.with_graph(make_graph.GRAPH.read_bytes())

    def assert_near(self, left, right, tolerance):
        self.assertLess(float(abs(left - right).max()), tolerance)

    def test_the_committed_head_is_the_head_of_the_weights(self):
        head = make_graph.HEAD.read_bytes()
        self.assertTrue(self.weights.startswith(head), "these are not the weights that the offsets were read from")
        ends = [offset + length for _, offset, length in make_graph.tensor_table(make_graph.HEAD).values()]
        self.assertEqual(max(ends), len(self.weights))

    def test_embeddings_match_the_reference_numbers(self):
        sentinel, intraoperative = self.embedder.embed([SENTINEL, INTRAOPERATIVE])
        self.assertAlmostEqual(float(sentinel @ intraoperative), REFERENCE_COSINE, delta=TOLERANCE)
        for component, reference in zip(sentinel, REFERENCE_START):
            self.assertAlmostEqual(float(component), reference, delta=TOLERANCE)

    def test_company_in_a_batch_changes_nothing(self):
        alone = self.embedder.embed([SENTINEL])[0]
        in_company = self.embedder.embed(["fever", SENTINEL, " ".join([INTRAOPERATIVE] * 12)])[1]
        self.assert_near(alone, in_company, 1e-5)

    def test_it_computes_what_the_plain_form_computes(self):
        texts = [SENTINEL, INTRAOPERATIVE, "fever", "type 2 diabetes mellitus " * 60]
        plain = self.with_graph(make_graph.graph_bytes(form="plain")).embed(texts)
        self.assert_near(plain, self.embedder.embed(texts), 1e-4)

    def test_the_forms_that_do_not_ship_still_run(self):
        # compare_forms.py measures them; a form that computes something else would make its table worthless.
        shipped = self.embedder.embed([SENTINEL, INTRAOPERATIVE])
        for form, least_cosine in (("fused-tanh-gelu", 0.9999), ("int8", 0.97), ("int8-narrow", 0.97)):
            other = self.with_graph(make_graph.graph_bytes(form=form)).embed([SENTINEL, INTRAOPERATIVE])
            self.assertGreater(float((other * shipped).sum(axis=1).min()), least_cosine, form)


def main():
    global MODEL_DIR
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, metavar="DIR")
    parser.add_argument("--without-weights", action="store_true")
    args, others = parser.parse_known_args()
    if not args.without_weights:
        data_dir = os.environ.get("CODECITE_DATA_DIR")
        MODEL_DIR = args.weights or (Path(data_dir) / "models" / "all-minilm-l6-v2" if data_dir else None)
        if MODEL_DIR is None or not (MODEL_DIR / "model.safetensors").is_file():
            sys.exit(
                f"no model.safetensors in {MODEL_DIR or 'any named folder'}: run `codecite setup`, give --weights DIR, "
                "or say --without-weights to test the graph alone"
            )
    else:
        print("SKIPPED: the embeddings are not tested (--without-weights)", file=sys.stderr)
    unittest.main(argv=[sys.argv[0], *others])


if __name__ == "__main__":
    main()
