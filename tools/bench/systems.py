# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The systems that are compared.

A system is a class with a `name`, its `version()`, a constructor that takes a
layer, its data and the number of threads and gets everything ready (or raises
NotSupported), `run()`, which computes into memory that is there already, and
`output()`. To add one, write the class and enter it into KINDS.
"""

import ctypes
import json
from pathlib import Path

import numpy as np


class NotSupported(Exception):
    """The system can't do this layer; the message says why."""


class Tconv:
    """This project, through its C interface: Python's would allocate y."""

    name = "tconv"
    library = None
    accuracy = "default"

    class Options(ctypes.Structure):
        """tconv_layer_options of tconv.h."""

        _fields_ = [
            ("struct_size", ctypes.c_uint32),
            ("accuracy", ctypes.c_int32),
            ("pointers", ctypes.c_void_p * 6),
        ]

    @classmethod
    def load(cls, build):
        """Opens the library of a build folder."""
        path = Path(build) / "lib" / "libtconv.so"
        cls.library = ctypes.CDLL(str(path))
        for function in ("tconv_last_error", "tconv_version"):
            getattr(cls.library, function).restype = ctypes.c_char_p

    @classmethod
    def version(cls):
        return cls.library.tconv_version().decode()

    @classmethod
    def call(cls, function, *arguments):
        """Calls a function of the library that gives a status."""
        if getattr(cls.library, function)(*arguments) != 0:
            raise RuntimeError(cls.library.tconv_last_error().decode())

    def __init__(self, layer, data, threads):
        self.call("tconv_set_num_threads", ctypes.c_int64(threads))
        # tconv_params is read by the library alone; this is room for it.
        params = ctypes.create_string_buffer(1024)
        self.call(
            "tconv_params_parse", layer.line.encode(), params, None, None,
            ctypes.c_size_t(0),
        )  # fmt: skip
        options = self.Options()
        self.library.tconv_layer_options_init(ctypes.byref(options))
        options.accuracy = int(self.accuracy == "direct")
        self.layer = ctypes.c_void_p()
        self.call(
            "tconv_layer_create", params, ctypes.byref(options),
            ctypes.byref(self.layer),
        )  # fmt: skip
        self.set("tconv_layer_set_weight", data.weight)
        if data.bias is not None:
            self.set("tconv_layer_set_bias", data.bias)
        self.x = data.x
        self.batch = ctypes.c_int64(layer.batch)
        self.length = ctypes.c_int64(layer.length)
        outputs = ctypes.c_int64()
        self.call(
            "tconv_layer_output_length", self.layer, self.length,
            ctypes.byref(outputs),
        )  # fmt: skip
        self.y = np.full(
            (layer.batch, layer.out_channels, outputs.value), np.nan, np.float32
        )
        self.run_arguments = (
            self.layer, ctypes.c_void_p(self.x.ctypes.data), self.batch,
            self.length, ctypes.c_void_p(self.y.ctypes.data),
        )  # fmt: skip
        self.call("tconv_layer_prepare", self.layer, self.batch, self.length)

    def set(self, function, array):
        shape = (ctypes.c_int64 * array.ndim)(*array.shape)
        pointer = ctypes.c_void_p(array.ctypes.data)
        self.call(function, self.layer, pointer, shape, array.ndim)

    def run(self):
        self.call("tconv_layer_run", *self.run_arguments)

    def output(self):
        return self.y

    def description(self):
        """What the library says about how it runs the layer."""
        text = ctypes.create_string_buffer(1 << 16)
        self.call(
            "tconv_layer_describe", self.layer, self.batch, self.length, text,
            ctypes.c_size_t(len(text)), None,
        )  # fmt: skip
        return json.loads(text.value)

    def __del__(self):
        if getattr(self, "layer", None):
            self.library.tconv_layer_destroy(self.layer)


class OnnxRuntime:
    """ONNX Runtime's CPU provider, outputs bound to memory of ours."""

    name = "ONNX Runtime"

    @staticmethod
    def version():
        import onnxruntime

        return onnxruntime.__version__

    @staticmethod
    def model(layer, data):
        """A model of the one layer, weights as constants."""
        from onnx import TensorProto, helper, numpy_helper

        begin, end = layer.crops
        padding = 0
        if end < 0:
            # ONNX has no negative crop; output_padding lengthens alike, though
            # it wants to be less than the stride.
            padding, end = -end, 0
        if padding and padding >= max(layer.stride, layer.dilation):
            raise NotSupported("the output ends too far beyond the last tap")
        constants = [numpy_helper.from_array(data.weight, "weight")]
        if data.bias is not None:
            constants.append(numpy_helper.from_array(data.bias, "bias"))
        node = helper.make_node(
            "ConvTranspose",
            ["x"] + [constant.name for constant in constants],
            ["y"],
            dilations=[layer.dilation],
            group=layer.group,
            kernel_shape=[layer.kernel_size],
            output_padding=[padding],
            pads=[begin, end],
            strides=[layer.stride],
        )
        shapes = {
            "x": (layer.batch, layer.in_channels, layer.length),
            "y": (layer.batch, layer.out_channels, layer.output_length),
        }
        x, y = (
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in shapes.items()
        )
        graph = helper.make_graph([node], "layer", [x], [y], constants)
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8
        )

    def __init__(self, layer, data, threads):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Spinning threads would take the cores in the others' turns.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        options.graph_optimization_level = (
            onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        )
        self.session = onnxruntime.InferenceSession(
            self.model(layer, data).SerializeToString(),
            options,
            providers=["CPUExecutionProvider"],
        )
        shape = (layer.batch, layer.out_channels, layer.output_length)
        self.x = onnxruntime.OrtValue.ortvalue_from_numpy(data.x)
        self.y = onnxruntime.OrtValue.ortvalue_from_numpy(
            np.full(shape, np.nan, np.float32)
        )
        self.binding = self.session.io_binding()
        self.binding.bind_ortvalue_input("x", self.x)
        self.binding.bind_ortvalue_output("y", self.y)

    def run(self):
        self.session.run_with_iobinding(self.binding)

    def output(self):
        return self.y.numpy()


KINDS = {"tconv": Tconv, "onnxruntime": OnnxRuntime}


def configure(build, accuracy):
    """Where tconv is, and which kernels it may use."""
    Tconv.load(build)
    Tconv.accuracy = accuracy
