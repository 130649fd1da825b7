# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""OpenVINO."""

import numpy as np
import openvino
from openvino import opset13 as ops

from systems import System, output_padding


class OpenVino(System):
    """OpenVINO's CPU plugin, input and output bound to memory of ours."""

    core = None

    @staticmethod
    def version():
        return openvino.__version__.split("-")[0]

    @staticmethod
    def model(layer, data):
        """A model of the one layer, weights as constants."""
        begin, end, padding = output_padding(layer)
        shape = [layer.batch, layer.in_channels, layer.length]
        x = ops.parameter(shape, np.float32, name="x")
        arguments = {
            "strides": [layer.stride],
            "pads_begin": [begin],
            "pads_end": [end],
            "dilations": [layer.dilation],
            "auto_pad": "explicit",
            "output_padding": [padding],
        }
        if layer.group == 1:
            y = ops.convolution_backprop_data(
                x, ops.constant(data.weight), **arguments
            )
        else:
            inputs, *rest = data.weight.shape
            weight = data.weight.reshape(layer.group, inputs // layer.group, *rest)
            y = ops.group_convolution_backprop_data(
                x, ops.constant(weight), **arguments
            )
        if data.bias is not None:
            y = ops.add(y, ops.constant(data.bias[None, :, None]))
        return openvino.Model([ops.result(y)], [x], "layer")

    def __init__(self, layer, data, threads):
        if OpenVino.core is None:
            OpenVino.core = openvino.Core()
        model = self.model(layer, data)
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
        shape = (layer.batch, layer.out_channels, layer.output_length)
        self.x, self.y = data.x, np.full(shape, np.nan, np.float32)
        self.request.set_input_tensor(openvino.Tensor(self.x, shared_memory=True))
        self.request.set_output_tensor(openvino.Tensor(self.y, shared_memory=True))

    def run(self):
        # infer() would wrap the results into a dictionary, which costs more.
        self.request.start_async()
        self.request.wait()

    def output(self):
        return self.y
