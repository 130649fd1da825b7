# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX Runtime."""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from systems import SIZES, NotSupported, System, output_padding

# In two dimensions, with threads that go on spinning after a run.
SPINNING = "2-D, spinning"


class OnnxRuntime(System):
    """ONNX Runtime's CPU provider, outputs bound to memory of ours."""

    ways = (*SIZES, SPINNING)

    @staticmethod
    def version():
        return onnxruntime.__version__

    @staticmethod
    def model(layer, data, size):
        """A model of the one layer, weights as constants, and the shapes of x
        and y in it."""
        begin, end, padding = output_padding(layer)
        weight = data.weight.reshape(
            *data.weight.shape[:2], *size(layer.kernel_size, 1)
        )
        constants = [numpy_helper.from_array(weight, "weight")]
        if data.bias is not None:
            constants.append(numpy_helper.from_array(data.bias, "bias"))
        node = helper.make_node(
            "ConvTranspose",
            ["x"] + [constant.name for constant in constants],
            ["y"],
            dilations=size(layer.dilation, 1),
            group=layer.group,
            kernel_shape=size(layer.kernel_size, 1),
            output_padding=size(padding, 0),
            pads=size(begin, 0) + size(end, 0),
            strides=size(layer.stride, 1),
        )
        shapes = {
            "x": (layer.batch, layer.in_channels, *size(layer.length, 1)),
            "y": (layer.batch, layer.out_channels, *size(layer.output_length, 1)),
        }
        x, y = (
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in shapes.items()
        )
        graph = helper.make_graph([node], "layer", [x], [y], constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8
        )
        return model.SerializeToString(), shapes

    def __init__(self, layer, data, threads, way):
        spinning = way == SPINNING
        if spinning and threads == 1:
            raise NotSupported("one thread waits for none")
        model, shapes = self.model(layer, data, SIZES["2-D" if spinning else way])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry(
            "session.force_spinning_stop", str(int(not spinning))
        )
        options.graph_optimization_level = (
            onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        )
        self.session = onnxruntime.InferenceSession(
            model,
            options,
            providers=["CPUExecutionProvider"],
        )
        self.shape = (layer.batch, layer.out_channels, layer.output_length)
        self.x = onnxruntime.OrtValue.ortvalue_from_numpy(
            data.x.reshape(shapes["x"])
        )
        self.y = onnxruntime.OrtValue.ortvalue_from_numpy(
            np.full(shapes["y"], np.nan, np.float32)
        )
        self.binding = self.session.io_binding()
        self.binding.bind_ortvalue_input("x", self.x)
        self.binding.bind_ortvalue_output("y", self.y)

    def run(self):
        self.session.run_with_iobinding(self.binding)

    def output(self):
        return self.y.numpy().reshape(self.shape)
