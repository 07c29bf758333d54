#!/usr/bin/env python3
"""Writes the ONNX graph of all-MiniLM-L6-v2 over weights that stay in `model.safetensors`.

The graph is a few kilobytes: every weight is an *external* initialiser, that is a file name, an
offset and a length. Only the head of the safetensors file (its table of tensors) is read, and that
head is committed beside this script, so the graph can be made and checked without the 91 MB.

    python3 models/make_graph.py            write models/all-minilm-l6-v2.onnx
    python3 models/make_graph.py --check    fail when the committed file is not what this makes

`--form` writes the forms that docs/embedding.md compares; the default is the one that ships.
"""

import argparse
import json
import struct
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).resolve().parent
HEAD = HERE / "all-minilm-l6-v2.safetensors.head"
GRAPH = HERE / "all-minilm-l6-v2.onnx"

# The name under which the embedder hands the weights to ONNX Runtime.
WEIGHTS_FILE = "model.safetensors"

LAYERS, HEADS, HIDDEN = 6, 12, 384
EPSILON = 1e-12  # layer_norm_eps of config.json
MASKED = -10000.0  # added to the score of a padding token; also the default of the fused operator

# Opset 20 and IR 10 date from early 2024: every ONNX Runtime since 1.18 reads them.
OPSET, IR_VERSION = 20, 10
FUSED_DOMAIN = "com.microsoft"

FORMS = ("plain", "fused", "fused-tanh-gelu", "int8", "int8-narrow")
DEFAULT_FORM = "fused"


def tensor_table(path):
    """Returns `{name: (shape, offset in the file, length)}` of the f32 tensors of a safetensors file."""
    with open(path, "rb") as file:
        (json_length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(json_length))
    data_start = 8 + json_length
    return {
        name: (entry["shape"], data_start + entry["data_offsets"][0], entry["data_offsets"][1] - entry["data_offsets"][0])
        for name, entry in header.items()
        if name != "__metadata__" and entry["dtype"] == "F32"
    }


class GraphWriter:
    """Collects nodes and initialisers in the order in which they are asked for, so runs are identical."""

    def __init__(self, table):
        self.table = table
        self.nodes = []
        self.initializers = {}

    def weight(self, name):
        """Names a tensor of the safetensors file, adding the pointer to it on first use."""
        if name not in self.initializers:
            shape, offset, length = self.table[name]
            tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape)
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in (("location", WEIGHTS_FILE), ("offset", offset), ("length", length)):
                tensor.external_data.add(key=key, value=str(value))
            self.initializers[name] = tensor
        return name

    def constant(self, name, value, dtype):
        """Names a small constant that is kept in the graph itself."""
        self.initializers.setdefault(name, numpy_helper.from_array(np.array(value, dtype), name))
        return name

    def op(self, op_type, inputs, output, **attributes):
        """Adds a standard operator with one output and returns the name of that output."""
        self.nodes.append(helper.make_node(op_type, inputs, [output], name=output, **attributes))
        return output

    def fused(self, op_type, inputs, outputs, **attributes):
        """Adds an operator of ONNX Runtime's own domain and returns the name of its first output."""
        self.nodes.append(helper.make_node(op_type, inputs, outputs, name=outputs[0], domain=FUSED_DOMAIN, **attributes))
        return outputs[0]

    def transposed(self, weight, output):
        # PyTorch keeps a linear layer as [out, in], MatMul wants [in, out]. ONNX Runtime folds this
        # into a constant when the session is created, so no query pays for it.
        return self.op("Transpose", [weight], output, perm=[1, 0])

    def model(self, output):
        tokens = ["batch", "sequence"]
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, tokens)
            for name in ("input_ids", "attention_mask", "token_type_ids")
        ]
        result = helper.make_tensor_value_info(output, TensorProto.FLOAT, [*tokens, HIDDEN])
        graph = helper.make_graph(self.nodes, "all-MiniLM-L6-v2", inputs, [result], list(self.initializers.values()))
        opsets = [helper.make_opsetid("", OPSET)]
        if any(node.domain == FUSED_DOMAIN for node in self.nodes):
            opsets.append(helper.make_opsetid(FUSED_DOMAIN, 1))
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="codecite")


class Plain:
    """Standard operators only. ONNX Runtime still fuses some of them by itself when it loads the graph."""

    def __init__(self, writer):
        self.writer = writer

    def embeddings(self):
        """Returns the sum of word, position and segment embeddings, normalised, and the mask for attention."""
        w = self.writer
        words = w.op("Gather", [w.weight("embeddings.word_embeddings.weight"), "input_ids"], "embeddings.words")
        segments = w.op("Gather", [w.weight("embeddings.token_type_embeddings.weight"), "token_type_ids"], "embeddings.segments")
        length = w.op("Shape", ["input_ids"], "embeddings.length", start=1, end=2)
        positions = w.op(
            "Slice",
            [w.weight("embeddings.position_embeddings.weight"), w.constant("first", [0], np.int64), length],
            "embeddings.positions",
        )
        placed = w.op("Add", [words, positions], "embeddings.placed")
        summed = w.op("Add", [placed, segments], "embeddings.sum")
        return self.layer_norm(summed, "embeddings.LayerNorm"), self.mask()

    def mask(self):
        """Returns [batch, 1, 1, sequence]: 0 for a token, `MASKED` for padding."""
        w = self.writer
        present = w.op("Cast", ["attention_mask"], "mask.present", to=TensorProto.FLOAT)
        absent = w.op("Sub", [w.constant("one", 1.0, np.float32), present], "mask.absent")
        penalty = w.op("Mul", [absent, w.constant("masked", MASKED, np.float32)], "mask.penalty")
        return w.op("Unsqueeze", [penalty, w.constant("head_and_query_axes", [1, 2], np.int64)], "mask")

    def layer_norm(self, hidden, name):
        w = self.writer
        scale_and_bias = [w.weight(f"{name}.weight"), w.weight(f"{name}.bias")]
        return w.op("LayerNormalization", [hidden, *scale_and_bias], name, axis=-1, epsilon=EPSILON)

    def linear_add_norm(self, hidden, residual, linear, norm):
        """Returns the normalised sum of `residual` and the linear layer over `hidden`."""
        return self.layer_norm(self.writer.op("Add", [self.linear(hidden, linear), residual], f"{norm}.sum"), norm)

    def product(self, hidden, name):
        """Returns `hidden` times the weight of the linear layer `name`, without its bias."""
        w = self.writer
        weight = w.transposed(w.weight(f"{name}.weight"), f"{name}.weight.transposed")
        return w.op("MatMul", [hidden, weight], f"{name}.product")

    def linear(self, hidden, name):
        return self.writer.op("Add", [self.product(hidden, name), self.writer.weight(f"{name}.bias")], name)

    def attention(self, hidden, mask, name):
        """Returns the heads' outputs side by side, [batch, sequence, hidden]."""
        w = self.writer
        query = self.by_head(self.linear(hidden, f"{name}.query"), [0, 2, 1, 3])
        key = self.by_head(self.linear(hidden, f"{name}.key"), [0, 2, 3, 1])
        value = self.by_head(self.linear(hidden, f"{name}.value"), [0, 2, 1, 3])
        scores = w.op("MatMul", [query, key], f"{name}.scores")
        scale = w.constant("score_scale", (HIDDEN // HEADS) ** -0.5, np.float32)
        scaled = w.op("Mul", [scores, scale], f"{name}.scaled")
        masked = w.op("Add", [scaled, mask], f"{name}.masked")
        weights = w.op("Softmax", [masked], f"{name}.weights", axis=-1)
        heads = w.op("MatMul", [weights, value], f"{name}.heads")
        joined = w.op("Transpose", [heads], f"{name}.joined", perm=[0, 2, 1, 3])
        return w.op("Reshape", [joined, w.constant("joined_shape", [0, 0, HIDDEN], np.int64)], name)

    def by_head(self, hidden, perm):
        w = self.writer
        shape = w.constant("head_shape", [0, 0, HEADS, HIDDEN // HEADS], np.int64)
        split = w.op("Reshape", [hidden, shape], f"{hidden}.split")
        return w.op("Transpose", [split], f"{hidden}.by_head", perm=perm)

    def feed_forward_inner(self, hidden, name):
        # The model was trained with the exact (erf) GELU; the tanh approximation is another function.
        return self.writer.op("Gelu", [self.linear(hidden, name)], f"{name}.gelu", approximate="none")


class Fused(Plain):
    """ONNX Runtime's transformer operators: one for embeddings, attention, add-and-norm, bias-and-GELU each."""

    gelu = "BiasGelu"  # exact; FastGelu is the tanh approximation

    def embeddings(self):
        w = self.writer
        tokens, segments, mask = (
            w.op("Cast", [name], f"{name}.int32", to=TensorProto.INT32)
            for name in ("input_ids", "token_type_ids", "attention_mask")
        )
        tables = [w.weight(f"embeddings.{kind}_embeddings.weight") for kind in ("word", "position", "token_type")]
        norm = [w.weight(f"embeddings.LayerNorm.{part}") for part in ("weight", "bias")]
        hidden = w.fused(
            "EmbedLayerNormalization",
            [tokens, segments, *tables, *norm],
            ["embeddings", "embeddings.unused_mask_index"],
            epsilon=EPSILON,
        )
        # The two-dimensional mask rather than a length: it stays right whichever side padding is on.
        return hidden, mask

    def linear_add_norm(self, hidden, residual, linear, norm):
        w = self.writer
        parts = [w.weight(name) for name in (f"{norm}.weight", f"{norm}.bias", f"{linear}.bias")]
        inputs = [self.product(hidden, linear), residual, *parts]
        return w.fused("SkipLayerNormalization", inputs, [norm], epsilon=EPSILON)

    def joined_projection(self, name):
        """Returns query, key and value projections as one weight [3 * hidden, hidden] and one bias."""
        w = self.writer
        kinds = ("query", "key", "value")
        weight = w.op("Concat", [w.weight(f"{name}.{kind}.weight") for kind in kinds], f"{name}.weight", axis=0)
        bias = w.op("Concat", [w.weight(f"{name}.{kind}.bias") for kind in kinds], f"{name}.bias", axis=0)
        return weight, bias

    def attention(self, hidden, mask, name):
        w = self.writer
        weight, bias = self.joined_projection(name)
        weight = w.transposed(weight, f"{name}.weight.transposed")
        return w.fused("Attention", [hidden, weight, bias, mask], [name], num_heads=HEADS, mask_filter_value=MASKED)

    def feed_forward_inner(self, hidden, name):
        w = self.writer
        return w.fused(self.gelu, [self.product(hidden, name), w.weight(f"{name}.bias")], [f"{name}.gelu"])


class FusedTanhGelu(Fused):
    """As `Fused`, with the tanh approximation of GELU. Only here to be measured."""

    gelu = "FastGelu"


class Int8(Fused):
    """As `Fused`, with 8-bit matrix products: activations are quantised as they come, weights at load.

    The fp32 file cannot hold int8 initialisers, so the graph says how to make them (one scale an output
    column) and ONNX Runtime folds that into constants when the session is created.
    """

    largest = 127.0

    def quantised(self, weight, name):
        """Returns [in, out] int8 and its [out] scales for a weight [out, in]."""
        w = self.writer
        size = w.op("Abs", [weight], f"{name}.size")
        axes = w.constant("input_axis", [1], np.int64)
        extent = w.op("ReduceMax", [size, axes], f"{name}.extent", keepdims=1)
        scale = w.op("Div", [extent, w.constant("largest", self.largest, np.float32)], f"{name}.column_scale")
        steps = w.op("Round", [w.op("Div", [weight, scale], f"{name}.exact_steps")], f"{name}.steps")
        narrow = w.op("Cast", [steps], f"{name}.int8", to=TensorProto.INT8)
        flat = w.op("Squeeze", [scale, axes], f"{name}.scale")
        return w.transposed(narrow, f"{name}.int8.transposed"), flat

    def product(self, hidden, name):
        w = self.writer
        weight, scale = self.quantised(w.weight(f"{name}.weight"), f"{name}.weight")
        return w.fused("DynamicQuantizeMatMul", [hidden, weight, scale], [f"{name}.product"])

    def attention(self, hidden, mask, name):
        w = self.writer
        weight, bias = self.joined_projection(name)
        weight, scale = self.quantised(weight, f"{name}.weight")
        outputs = [f"{name}.input.{part}" for part in ("uint8", "scale", "zero")]
        w.nodes.append(helper.make_node("DynamicQuantizeLinear", [hidden], outputs, name=outputs[0]))
        quantised, input_scale, input_zero = outputs
        inputs = [quantised, weight, bias, input_scale, scale, mask, input_zero]
        return w.fused("QAttention", inputs, [name], num_heads=HEADS, mask_filter_value=MASKED)


class Int8Narrow(Int8):
    """As `Int8`, with weights of 7 bits, so that sums of two products fit 16 bits on CPUs without VNNI."""

    largest = 63.0


WRITERS = dict(zip(FORMS, (Plain, Fused, FusedTanhGelu, Int8, Int8Narrow)))


def encoder(table, form):
    """Returns the model: token ids in, `last_hidden_state` [batch, sequence, 384] out, not yet pooled."""
    writer = GraphWriter(table)
    write = WRITERS[form](writer)
    hidden, mask = write.embeddings()
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        attended = write.attention(hidden, mask, f"{layer}.attention.self")
        hidden = write.linear_add_norm(attended, hidden, *output_names(f"{layer}.attention.output"))
        inner = write.feed_forward_inner(hidden, f"{layer}.intermediate.dense")
        hidden = write.linear_add_norm(inner, hidden, *output_names(f"{layer}.output"))
    return writer.model(writer.op("Identity", [hidden], "last_hidden_state"))


def output_names(block):
    """Names the linear layer and the normalisation that close a block."""
    return f"{block}.dense", f"{block}.LayerNorm"


def graph_bytes(head=HEAD, form=DEFAULT_FORM):
    return encoder(tensor_table(head), form).SerializeToString(deterministic=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=HEAD, help="safetensors file, or its head (default: the committed head)")
    parser.add_argument("--output", type=Path, default=GRAPH)
    parser.add_argument("--form", choices=FORMS, default=DEFAULT_FORM)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the file differs")
    args = parser.parse_args()

    made = graph_bytes(args.weights, args.form)
    if args.check:
        if not args.output.exists() or args.output.read_bytes() != made:
            sys.exit(f"{args.output} is not what this script makes; run python3 models/make_graph.py and commit the result")
        print(f"{args.output}: current ({len(made)} bytes)")
        return
    args.output.write_bytes(made)
    print(f"{args.output}: {len(made)} bytes, form {args.form}")


if __name__ == "__main__":
    main()
