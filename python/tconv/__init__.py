# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tconv: 1-D transposed convolutions, each run by a kernel compiled for exactly
that layer on exactly this machine.

    layer = tconv.Conv1dTranspose(3, 64, 4, weight_init='normal',
                                  pad_mode='pad')
    y = layer(numpy.ones((1, 3, 50), numpy.float32))    # (1, 64, 53)

    y = tconv.conv_transpose1d(x, weight, bias, stride=8, padding=4)
"""

from tconv import _native, initializer
from tconv.device import DeviceArray, to_device
from tconv.devices import devices
from tconv.functional import (
    add_packed_cache,
    conv_transpose1d,
    get_num_threads,
    set_num_threads,
    set_seed,
)
from tconv.layer import Conv1dTranspose

__version__ = _native.lib.tconv_version().decode("ascii")

__all__ = [
    "Conv1dTranspose",
    "DeviceArray",
    "__version__",
    "add_packed_cache",
    "conv_transpose1d",
    "devices",
    "get_num_threads",
    "initializer",
    "set_num_threads",
    "set_seed",
    "to_device",
]
