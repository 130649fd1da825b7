# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The systems that are compared: which there are, and what each one needs.

A system lives in a process of its own (worker.py), so that no library meets
another's threads, memory or packages. To add one, derive from System in a module
of this folder and enter it into SPECS.
"""

import importlib
from dataclasses import dataclass, field


class NotSupported(Exception):
    """The system can't do this layer; the message says why."""


class System:
    """One layer, ready to run. The constructor takes a layer, its data, the
    number of threads and one of `ways` and gets everything ready, or raises
    NotSupported."""

    # Ways to ask for the same; the fastest for a layer is what counts.
    ways = ("",)
    # The same for a first call where others are quicker there.
    first_ways = None

    @classmethod
    def open(cls, build, accuracy):
        """Before anything else; `build` and `accuracy` are for tconv."""

    @staticmethod
    def version():
        raise NotImplementedError

    def run(self):
        """Computes, into memory that is there already where the system's
        interface allows it."""
        raise NotImplementedError

    def prepare(self):
        """Waits for what goes on behind the runs."""

    def output(self):
        """y of the last run, as an array."""
        raise NotImplementedError

    def description(self):
        """What the system says about how it runs the layer."""
        return {}


# glibc keeps what is freed, so that an output which an interface insists on
# allocating is at least the same memory again, with its pages present.
KEEP_MEMORY = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(1 << 40),
    "MALLOC_TOP_PAD_": str(64 << 20),
}


@dataclass(frozen=True)
class Spec:
    """What the parent process knows of a system, without importing it."""

    title: str
    module: str
    type: str
    # Packages beyond requirements.txt: requirements-EXTRA.txt, installed into a
    # virtual environment of its own.
    extra: str = ""
    environment: dict = field(default_factory=dict)
    # So slow that one run a layer is all it gets.
    slow: bool = False


SPECS = {
    "tconv": Spec("tconv", "tconv", "Tconv"),
    "onnxruntime": Spec("ONNX Runtime", "onnx_runtime", "OnnxRuntime"),
    "openvino": Spec("OpenVINO", "open_vino", "OpenVino"),
    "torch": Spec(
        "PyTorch", "pytorch", "PyTorch", extra="torch", environment=KEEP_MEMORY
    ),
    "mindspore": Spec(
        "MindSpore",
        "mind_spore",
        "MindSpore",
        extra="mindspore",
        environment={**KEEP_MEMORY, "GLOG_v": "3"},
        slow=True,
    ),
}
DEFAULT = "onnxruntime,openvino,torch"


def load(key):
    """The class of a system; ImportError where its packages are missing."""
    spec = SPECS[key]
    module = importlib.import_module(f"systems.{spec.module}")
    return getattr(module, spec.type)


def line(value, across):
    """A size in one dimension, whatever it is `across`."""
    return [value]


def plane(value, across):
    """A size in two dimensions, of which the first is `across`: systems whose
    second dimension gets more care are the faster for a height of 1."""
    return [across, value]


SIZES = {"1-D": line, "2-D": plane}


def output_padding(layer):
    """(crop at the begin, crop at the end, positions appended): what frameworks
    without negative crops call a layer whose output ends beyond its last tap."""
    begin, end = layer.crops
    padding = max(-end, 0)
    if padding and padding >= max(layer.stride, layer.dilation):
        raise NotSupported("the output ends too far beyond the last tap")
    return begin, max(end, 0), padding
