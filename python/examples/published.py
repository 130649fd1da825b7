# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The example of the published documentation."""

import numpy as np
import tconv

x = np.ones([1, 3, 50], np.float32)
net = tconv.Conv1dTranspose(
    3, 64, 4, has_bias=False, weight_init="normal", pad_mode="pad"
)
output = net(x).shape
print(output)  # (1, 64, 53)
