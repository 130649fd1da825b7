# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""OpenVINO."""

import numpy as np
import openvino
from openvino import opset13 as ops

from systems import SIZES, System, output_padding


class OpenVino(System):
    """OpenVINO's CPU plugin, input and output bound to memory of ours."""

    ways = tuple(SIZES)
    core = None

    @staticmethod
    def version():
        return openvino.__version__.split("-")[0]

    @staticmethod
    def model(layer, data, size):
        """A model of the one layer, weights as constants."""
        begin, end, padding = output_padding(layer)
        shape = [layer.batch, layer.in_channels, *size(layer.length, 1)]
        x = ops.parameter(shape, np.float32, name="x")
        arguments = {
            "strides": size(layer.stride, 1),
            "pads_begin": size(begin, 0),
            "pads_end": size(end, 0),
            "dilations": size(layer.dilation, 1),
            "auto_pad": "explicit",
            "output_padding": size(padding, 0),
        }
        inputs, outputs, _ = data.weight.shape
        sizes = [inputs, outputs, *size(layer.kernel_size, 1)]
        call = ops.convolution_backprop_data
        if layer.group > 1:
            sizes[:1] = layer.group, inputs // layer.group
            call = ops.group_convolution_backprop_data
        y = call(x, ops.constant(data.weight.reshape(sizes)), **arguments)
        if data.bias is not None:
            bias = data.bias.reshape(1, -1, *size(1, 1))
            y = ops.add(y, ops.constant(bias))
        return openvino.Model([ops.result(y)], [x], "layer")

    def __init__(self, layer, data, threads, way):
        size = SIZES[way]
        if OpenVino.core is None:
            OpenVino.core = openvino.Core()
        model = self.model(layer, data, size)
        compiled = self.core.compile_model(
            model,
            "CPU",
            {
                "INFERENCE_NUM_THREADS": threads,
                "NUM_STREAMS": 1,
                "PERFORMANCE_HINT": "LATENCY",
                # Where a core has bfloat16 units, they would be taken.
                "INFERENCE_PRECISION_HINT": "f32",
                # The process is pinned already.
                "ENABLE_CPU_PINNING": False,
            },
        )
        self.request = compiled.create_infer_request()
        self.x = data.x.reshape(
            layer.batch, layer.in_channels, *size(layer.length, 1)
        )
        self.shape = (layer.batch, layer.out_channels, layer.output_length)
        self.y = np.full(
            (*self.shape[:2], *size(self.shape[2], 1)), np.nan, np.float32
        )
        self.request.set_input_tensor(openvino.Tensor(self.x, shared_memory=True))
        self.request.set_output_tensor(openvino.Tensor(self.y, shared_memory=True))

    def run(self):
        # infer() would wrap the results into a dictionary, which costs more.
        self.request.start_async()
        self.request.wait()

    def output(self):
        return self.y.reshape(self.shape)
