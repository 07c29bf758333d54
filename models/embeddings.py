"""Runs a graph of the model in ONNX Runtime as the product does: weights handed over from memory, mean pooling, length 1."""

import os

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from make_graph import WEIGHTS_FILE

MAX_TOKENS = 256  # sentence_bert_config.json; tokenizer.json itself would cut at 128

# Thread pools of the tokenizer would compete with the threads being measured.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def tokenizer(path):
    """Returns the tokenizer with the padding and truncation that its file asks for taken out."""
    loaded = Tokenizer.from_file(str(path))
    loaded.enable_padding()
    loaded.enable_truncation(MAX_TOKENS)
    return loaded


class Embedder:
    """One inference session over `graph` (bytes) and the bytes of the safetensors file."""

    def __init__(self, graph, weights, words, threads=1):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL  # as fastembed
        options.add_external_initializers_from_files_in_memory([WEIGHTS_FILE], [weights], [len(weights)])
        self.session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self.words = words

    def inputs(self, texts):
        encoded = self.words.encode_batch(texts)
        mask = np.array([text.attention_mask for text in encoded], np.int64)
        ids = np.array([text.ids for text in encoded], np.int64)
        return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}

    def pooled(self, inputs):
        """Returns one row of length 1 a text: the mean of its tokens' vectors, padding left out."""
        (hidden,) = self.session.run(["last_hidden_state"], inputs)
        present = inputs["attention_mask"][..., None].astype(np.float32)
        mean = (hidden * present).sum(axis=1) / present.sum(axis=1)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def embed(self, texts):
        return self.pooled(self.inputs(texts))
