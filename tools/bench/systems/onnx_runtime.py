# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX Runtime."""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from systems import System, output_padding


class OnnxRuntime(System):
    """ONNX Runtime's CPU provider, outputs bound to memory of ours."""

    @staticmethod
    def version():
        return onnxruntime.__version__

    @staticmethod
    def model(layer, data):
        """A model of the one layer, weights as constants."""
        begin, end, padding = output_padding(layer)
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
