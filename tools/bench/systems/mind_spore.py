# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""MindSpore."""

import mindspore
from mindspore import Tensor, nn

from systems import NotSupported, System


class MindSpore(System):
    """MindSpore's own layer on the CPU. It takes seconds for what the others do in
    a hundredth of that, so one run has to do."""

    @staticmethod
    def version():
        return mindspore.__version__

    def __init__(self, layer, data, threads, way):
        mindspore.set_context(mode=mindspore.PYNATIVE_MODE)
        mindspore.set_device("CPU")
        mindspore.set_context(runtime_num_threads=threads)
        if layer.output_padding:
            raise NotSupported("nn.Conv1dTranspose has no output_padding")
        self.net = nn.Conv1dTranspose(
            layer.in_channels,
            layer.out_channels,
            layer.kernel_size,
            stride=layer.stride,
            pad_mode=layer.pad_mode,
            padding=layer.padding,
            dilation=layer.dilation,
            group=layer.group,
            has_bias=data.bias is not None,
        )
        self.net.weight.set_data(Tensor(data.weight[:, :, None]))
        if data.bias is not None:
            self.net.bias.set_data(Tensor(data.bias))
        self.x = Tensor(data.x)
        self.y = None

    def run(self):
        # Calls are asynchronous; only the values wait for them.
        self.y = None
        self.y = self.net(self.x).asnumpy()

    def output(self):
        return self.y
