# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""This project."""

import ctypes
import json
from pathlib import Path

import numpy as np

from systems import System


class Tconv(System):
    """This project, through its C interface: Python's would allocate y."""

    library = None
    accuracy = "default"

    class Options(ctypes.Structure):
        """tconv_layer_options of tconv.h."""

        _fields_ = [
            ("struct_size", ctypes.c_uint32),
            ("accuracy", ctypes.c_int32),
            ("pointers", ctypes.c_void_p * 6),
            ("compilation", ctypes.c_int32),
            ("reserved", ctypes.c_int32),
        ]

    # Without waiting for the kernel, and with.
    first_ways = ("background", "wait")

    @classmethod
    def open(cls, build, accuracy):
        """Opens the library of a build folder."""
        cls.accuracy = accuracy
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

    def __init__(self, layer, data, threads, way):
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
        options.compilation = int(way == "background")
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
        if way != "background":
            self.prepare()

    def prepare(self):
        """Waits for the kernel, with the weights packed."""
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
