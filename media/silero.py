"""Silero's voice activity model at 8 kHz: the ONNX reference, and our own stacked forward pass.

The one room of `media` that is not quiet: it reads the model's file once, when it is built.

`NumpySilero` is the default: the same weights, the same numbers (to 1e-5), about half the time,
and many calls in one pass. `OnnxSilero` runs the package's file through onnxruntime and is what the
other is proved against. Model and weights: silero-vad, copyright 2020-present Silero Team, MIT
licence; they are read from the installed package, whose Python code (and with it torch) is never
imported.

The matrices here are far too small to be worth a second thread, and threads of the linear algebra
library would fight the audio loop for its core: whoever starts the process must set
`OPENBLAS_NUM_THREADS=1` (and `OMP_NUM_THREADS=1`) in its environment before numpy is imported.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from media.vad import (
    CONTEXT_SAMPLES,
    MEMORY_FLOATS,
    RATE_HZ,
    WINDOW_SAMPLES,
    Floats,
    Rows,
    VadState,
)

__all__ = ["NumpySilero", "OnnxSilero", "SileroMissing", "model_path", "read_weights"]

_UNITS: Final = MEMORY_FLOATS // 2
_BATCH: Final = 128
"""Rows of one pass: more are no faster a window, and this many stay in the second-level cache."""
_BINS: Final = 65
"""Frequencies of a spectrum over 128 samples."""
_FRAME: Final = 128
_HOP: Final = 64
_FRAMES: Final = 4
_INPUT: Final = CONTEXT_SAMPLES + WINDOW_SAMPLES
_PADDED: Final = _INPUT + 32
"""The model mirrors 32 samples at the end of its input before it takes spectra."""


class SileroMissing(Exception):
    """The installed silero-vad package does not hold the model that this room was written for."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}; install silero-vad 6.2 (it is in requirements.lock)")
        self.what = what


def model_path(package: str = "silero_vad") -> Path:
    """Find the model's file in the installed package, without importing the package (and torch).

    Raises:
        SileroMissing: if silero-vad is not installed or has no such file.
    """
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "data" / "silero_vad.onnx"
        if path.is_file():
            return path
    raise SileroMissing(f"no {package}/data/silero_vad.onnx among the installed packages")


class OnnxSilero:
    """The package's own model through onnxruntime: the reference."""

    def __init__(self, path: Path | None = None) -> None:
        # Imported here: onnxruntime takes 60 MB and is only needed by who asks for the reference.
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = 1
        options.intra_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(
            str(path or model_path()), options, providers=["CPUExecutionProvider"]
        )
        self._rate = np.array(RATE_HZ, dtype=np.int64)

    def probabilities(self, windows: Floats, state: VadState, rows: Rows) -> Floats:
        """See `Vad`."""
        heard = np.concatenate([state.context[rows], windows], axis=1)
        memory = state.memory[rows].reshape(-1, 2, _UNITS).transpose(1, 0, 2)
        inputs = {"input": heard, "state": np.ascontiguousarray(memory), "sr": self._rate}
        chance, after = self._session.run(None, inputs)
        state.memory[rows] = after.transpose(1, 0, 2).reshape(-1, MEMORY_FLOATS)
        state.context[rows] = windows[:, -CONTEXT_SAMPLES:]
        result: Floats = chance[:, 0]
        return result


@dataclass(frozen=True, slots=True)
class _Layer:
    weight: Floats
    bias: Floats


class _Layers:
    """The weights, laid out so that each step is a plain product of a slice of rows.

    Of the convolutions only those taps are kept that ever meet a frame: the others would be
    multiplied by the padding's zeros.
    """

    def __init__(self, weights: Mapping[str, Floats]) -> None:
        self.spectrum = _rows(weights["stft.forward_basis_buffer"][:, 0, :].T)
        self.first = _convolution(weights, 0, taps=slice(0, 3), frames=_FRAMES)
        self.second = _convolution(weights, 1, taps=slice(0, 3), frames=2)
        self.third = _convolution(weights, 2, taps=slice(1, 3), frames=1)
        self.fourth = _convolution(weights, 3, taps=slice(1, 2), frames=1)
        self.gates = _recurrence(weights)
        self.last = _rows(weights["decoder.decoder.2.weight"][0, :, 0])
        self.last_bias = float(weights["decoder.decoder.2.bias"][0])


def _convolution(weights: Mapping[str, Floats], number: int, *, taps: slice, frames: int) -> _Layer:
    """One convolution as rows of (tap, input) by outputs, its bias repeated for its frames."""
    kernel = weights[f"encoder.{number}.reparam_conv.weight"][:, :, taps]
    bias = weights[f"encoder.{number}.reparam_conv.bias"]
    return _Layer(_rows(kernel.transpose(2, 1, 0).reshape(-1, len(kernel))), np.tile(bias, frames))


def _recurrence(weights: Mapping[str, Floats]) -> _Layer:
    """All four gates of the recurrent layer, over its input and its last output side by side.

    Three of them are sigmoids; halving what goes into those makes all four one tanh, because
    sigmoid(x) = (1 + tanh(x / 2)) / 2.
    """
    halves = np.full((4, 1), 0.5, dtype=np.float32)
    halves[2] = 1.0
    joint = np.concatenate(
        [weights["decoder.rnn.weight_ih"], weights["decoder.rnn.weight_hh"]], axis=1
    )
    weight = (joint.T.reshape(-1, 4, _UNITS) * halves).reshape(-1, 4 * _UNITS)
    bias = weights["decoder.rnn.bias_ih"] + weights["decoder.rnn.bias_hh"]
    return _Layer(_rows(weight), (bias.reshape(4, _UNITS) * halves).reshape(-1))


class _Desk:
    """Room for the intermediate results of one pass; allocated once, at the largest batch."""

    def __init__(self) -> None:
        self.heard = np.zeros((_BATCH, _PADDED), dtype=np.float32)
        self.spectrum = np.zeros((_BATCH, _FRAMES * 2 * _BINS), dtype=np.float32)
        self.power = np.zeros((_BATCH, _FRAMES * _BINS), dtype=np.float32)
        self.first = np.zeros((_BATCH, _FRAMES * 128), dtype=np.float32)
        self.second = np.zeros((_BATCH, 2 * 64), dtype=np.float32)
        self.third = np.zeros((_BATCH, 64), dtype=np.float32)
        self.joint = np.zeros((_BATCH, 2 * _UNITS), dtype=np.float32)
        self.gates = np.zeros((_BATCH, 4 * _UNITS), dtype=np.float32)
        self.memory = np.zeros((_BATCH, MEMORY_FLOATS), dtype=np.float32)


class NumpySilero:
    """The same model as products of stacked rows; one instance serves every call of a process."""

    def __init__(self, path: Path | None = None) -> None:
        self._layers = _Layers(read_weights((path or model_path()).read_bytes()))
        self._desk = _Desk()

    def probabilities(self, windows: Floats, state: VadState, rows: Rows) -> Floats:
        """See `Vad`."""
        chances = np.empty(len(windows), dtype=np.float32)
        for start in range(0, len(windows), _BATCH):
            part = slice(start, start + _BATCH)
            self._hear(windows[part], state, rows[part], chances[part])
        return chances

    def _hear(self, windows: Floats, state: VadState, rows: Rows, chances: Floats) -> None:
        count = len(windows)
        heard = self._desk.heard[:count]
        heard[:, :CONTEXT_SAMPLES] = state.context[rows]
        heard[:, CONTEXT_SAMPLES:_INPUT] = windows
        heard[:, _INPUT:] = windows[:, -2:-34:-1]
        state.context[rows] = windows[:, -CONTEXT_SAMPLES:]
        self._spectra(count)
        self._encode(count)
        self._remember(state, rows)
        self._decide(count, chances)

    def _spectra(self, count: int) -> None:
        """Magnitudes of four overlapping frames, side by side in a row."""
        desk, basis = self._desk, self._layers.spectrum
        heard, spectrum, power = desk.heard[:count], desk.spectrum[:count], desk.power[:count]
        for frame in range(_FRAMES):
            samples = heard[:, frame * _HOP : frame * _HOP + _FRAME]
            bins = spectrum[:, frame * 2 * _BINS : (frame + 1) * 2 * _BINS]
            np.matmul(samples, basis, out=bins)
        np.multiply(spectrum, spectrum, out=spectrum)
        parts = spectrum.reshape(count, _FRAMES, 2, _BINS)
        np.add(parts[:, :, 0], parts[:, :, 1], out=power.reshape(count, _FRAMES, _BINS))
        np.sqrt(power, out=power)

    def _encode(self, count: int) -> None:
        """Four convolutions over 4, 4, 2 and 1 frames; the result goes to the left of `joint`."""
        desk, layers = self._desk, self._layers
        power, first, second = desk.power[:count], desk.first[:count], desk.second[:count]
        for frame in range(_FRAMES):
            begin, end = max(frame - 1, 0), min(frame + 2, _FRAMES)
            taps = layers.first.weight[(begin - frame + 1) * _BINS : (end - frame + 1) * _BINS]
            out = first[:, frame * 128 : (frame + 1) * 128]
            np.matmul(power[:, begin * _BINS : end * _BINS], taps, out=out)
        _rectify(first, layers.first.bias)
        np.matmul(first[:, :256], layers.second.weight[128:], out=second[:, :64])
        np.matmul(first[:, 128:], layers.second.weight, out=second[:, 64:])
        _rectify(second, layers.second.bias)
        third, joint = desk.third[:count], desk.joint[:count, :_UNITS]
        np.matmul(second, layers.third.weight, out=third)
        _rectify(third, layers.third.bias)
        np.matmul(third, layers.fourth.weight, out=joint)
        _rectify(joint, layers.fourth.bias)

    def _remember(self, state: VadState, rows: Rows) -> None:
        """One step of the recurrent layer, from and to the calls' rows of `state`."""
        count, desk = len(rows), self._desk
        joint, gates, memory = desk.joint[:count], desk.gates[:count], desk.memory[:count]
        np.take(state.memory, rows, axis=0, out=memory, mode="clip")
        output, cell = memory[:, :_UNITS], memory[:, _UNITS:]
        joint[:, _UNITS:] = output
        np.matmul(joint, self._layers.gates.weight, out=gates)
        gates += self._layers.gates.bias
        np.tanh(gates, out=gates)
        enter, forget, value, leave = (
            gates[:, start : start + _UNITS] for start in range(0, 4 * _UNITS, _UNITS)
        )
        for gate in (gates[:, : 2 * _UNITS], leave):
            gate += 1.0
            gate *= 0.5
        cell *= forget
        enter *= value
        cell += enter
        np.tanh(cell, out=output)
        output *= leave
        state.memory[rows] = memory

    def _decide(self, count: int, chances: Floats) -> None:
        output = self._desk.joint[:count, :_UNITS]
        np.maximum(self._desk.memory[:count, :_UNITS], 0.0, out=output)
        np.matmul(output, self._layers.last, out=chances)
        chances += self._layers.last_bias
        np.negative(chances, out=chances)
        np.exp(chances, out=chances)
        chances += 1.0
        np.reciprocal(chances, out=chances)


def _rows(values: Floats) -> Floats:
    return np.ascontiguousarray(values, dtype=np.float32)


def _rectify(values: Floats, bias: Floats) -> None:
    values += bias
    np.maximum(values, 0.0, out=values)


_MODEL_GRAPH, _GRAPH_NODE = 7, 1
_NODE_OUTPUT, _NODE_ATTRIBUTE = 2, 5
_ATTRIBUTE_NAME, _ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH = 1, 5, 6
_TENSOR_DIMS, _TENSOR_TYPE, _TENSOR_RAW = 1, 2, 9
_FLOAT32 = 1
_BRANCH_8K = "else_branch"
_PREFIX_8K = "If_0_else_branch__Inline_0__"
"""The file holds two models behind one question, "is it 16 kHz?"; this is the other answer."""
_WANTED: Final[Mapping[str, tuple[int, ...]]] = {
    "stft.forward_basis_buffer": (130, 1, 128),
    "encoder.0.reparam_conv.weight": (128, 65, 3),
    "encoder.0.reparam_conv.bias": (128,),
    "encoder.1.reparam_conv.weight": (64, 128, 3),
    "encoder.1.reparam_conv.bias": (64,),
    "encoder.2.reparam_conv.weight": (64, 64, 3),
    "encoder.2.reparam_conv.bias": (64,),
    "encoder.3.reparam_conv.weight": (128, 64, 3),
    "encoder.3.reparam_conv.bias": (128,),
    "decoder.rnn.weight_ih": (512, 128),
    "decoder.rnn.weight_hh": (512, 128),
    "decoder.rnn.bias_ih": (512,),
    "decoder.rnn.bias_hh": (512,),
    "decoder.decoder.2.weight": (1, 128, 1),
    "decoder.decoder.2.bias": (1,),
}


def read_weights(model: bytes) -> dict[str, Floats]:
    """Read the 8 kHz model's weights out of an ONNX file, by the field numbers of onnx.proto.

    Forty lines of reading spare every installation the onnx package. Names and shapes are checked,
    so that another version of the model is refused and never half understood.

    Raises:
        SileroMissing: if a weight is not there or has another shape.
    """
    graph = dict(_fields(memoryview(model))).get(_MODEL_GRAPH, memoryview(b""))
    found = dict(_constants(graph))
    for name, shape in _WANTED.items():
        if name not in found or found[name].shape != shape:
            raise SileroMissing(f"the ONNX file holds no weight {name} of shape {shape}")
    return {name: found[name] for name in _WANTED}


def _constants(graph: memoryview) -> Iterator[tuple[str, Floats]]:
    """The float tensors of the graph's 8 kHz branch, by the last part of their names."""
    for name, attribute in _attributes(graph):
        if bytes(attribute[_ATTRIBUTE_NAME]) == _BRANCH_8K.encode():
            yield from _constants(attribute[_ATTRIBUTE_GRAPH])
        elif _ATTRIBUTE_TENSOR in attribute and name.startswith(_PREFIX_8K):
            tensor = _tensor(attribute[_ATTRIBUTE_TENSOR])
            if tensor is not None:
                yield name.removeprefix(_PREFIX_8K), tensor


def _attributes(graph: memoryview) -> Iterator[tuple[str, dict[int, Any]]]:
    """Every attribute of every node as its fields, with the name of the node's first output."""
    for node in _all(graph, _GRAPH_NODE):
        name = bytes(_all(node, _NODE_OUTPUT)[0]).decode()
        for attribute in _all(node, _NODE_ATTRIBUTE):
            yield name, dict(_fields(attribute))


def _tensor(message: memoryview) -> Floats | None:
    fields = list(_fields(message))
    kinds = [value for number, value in fields if number == _TENSOR_TYPE]
    raw = [value for number, value in fields if number == _TENSOR_RAW]
    if kinds != [_FLOAT32] or not raw:
        return None
    shape = [int(value) for number, value in fields if number == _TENSOR_DIMS]
    return np.frombuffer(raw[0], dtype="<f4").reshape(shape)


def _all(message: memoryview, wanted: int) -> list[memoryview]:
    return [value for number, value in _fields(message) if number == wanted]


def _fields(message: memoryview) -> Iterator[tuple[int, Any]]:
    """Walk one protobuf message: field number and its integer or its bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(message, at)
        else:
            size = 8 if kind == 1 else 4
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at
