# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""PyTorch."""

import warnings

import numpy as np
import torch

from systems import NotSupported, System, line, output_padding, plane


class PyTorch(System):
    """PyTorch: the function as it is; or traced, frozen and optimised, which
    packs the weights; or in two dimensions with the channels last. x and y lie as
    everyone's do, so the last one turns them round. None of them takes memory
    for y."""

    ways = ("eager", "frozen", "channels last")

    @staticmethod
    def version():
        return torch.__version__

    def __init__(self, layer, data, threads, way):
        torch.set_num_threads(threads)
        self.x = torch.from_numpy(data.x)
        self.weight = torch.from_numpy(data.weight)
        self.bias = None if data.bias is None else torch.from_numpy(data.bias)
        begin, end, extra = output_padding(layer)
        # PyTorch crops both ends alike and can append a little; what then still
        # is too much is cut off by a view.
        self.padding, self.append = begin, max(begin - end, 0) + extra
        if self.append >= max(layer.stride, layer.dilation):
            if extra:
                raise NotSupported("the output ends too far beyond the last tap")
            self.padding, self.append = end, 0
        self.begin = begin - self.padding
        self.length = layer.output_length
        self.layer = layer
        self.y = None
        make = {
            "eager": lambda: self.eager,
            "frozen": self.frozen,
            "channels last": self.channels_last,
        }
        self.call = make[way]()

    def function(self, x, weight, size):
        layer = self.layer
        call = torch.conv_transpose1d if size is line else torch.conv_transpose2d
        return call(
            x, weight, self.bias, size(layer.stride, 1), size(self.padding, 0),
            size(self.append, 0), layer.group, size(layer.dilation, 1),
        )  # fmt: skip

    def eager(self):
        return self.function(self.x, self.weight, line)

    def frozen(self):
        if not hasattr(torch, "jit"):  # deprecated, and absent some day
            raise NotSupported("this PyTorch has no torch.jit")
        module = torch.nn.ConvTranspose1d(
            self.layer.in_channels, self.layer.out_channels,
            self.layer.kernel_size, self.layer.stride, self.padding, self.append,
            self.layer.group, self.bias is not None, self.layer.dilation,
        ).eval()  # fmt: skip
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module.weight.copy_(self.weight)
            if self.bias is not None:
                module.bias.copy_(self.bias)
            made = torch.jit.optimize_for_inference(torch.jit.trace(module, self.x))
        return lambda: made(self.x)

    def channels_last(self):
        last = torch.channels_last
        weight = self.weight[:, :, None].contiguous(memory_format=last)

        def call():
            x = self.x[:, :, None].contiguous(memory_format=last)
            return self.function(x, weight, plane)[:, :, 0].contiguous()

        return call

    def run(self):
        with torch.inference_mode():
            # Freed before the call, so that it gets the same memory again.
            self.y = None
            self.y = self.call()

    def output(self):
        y = self.y[:, :, self.begin : self.begin + self.length]
        return np.ascontiguousarray(y.numpy())
