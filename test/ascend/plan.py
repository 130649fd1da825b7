# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a plan of kernel_abi.h, as tconv-compile reports it, comes to."""

OPERATIONS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a // b,
    "remainder": lambda a, b: a % b,
    "minimum": min,
    "maximum": max,
}


class Plan:
    """`variables` are by the names of the report; addresses are numbers."""

    def __init__(self, plan, **variables):
        self.plan = plan
        values = [variables.get(name, 0) for name in plan["variables"]]
        values += [0] * (plan["first_step"] - len(values))
        for name, left, *right in plan["steps"]:
            if name == "constant":
                values.append(left)
                continue
            if name in ("divide", "remainder"):
                assert values[right[0]] > 0, "division by less than 1"
            values.append(OPERATIONS[name](values[left], values[right[0]]))
            assert abs(values[-1]) < 2**63
        self.values = values

    def workspace(self):
        return self.values[self.plan["run_workspace_bytes"]]

    def launches(self, purpose):
        """(entry, grid, arguments) of every launch that has blocks."""
        for launch in self.plan["launches"]:
            grid = [self.values[i] for i in launch["grid"]]
            blocks = grid[0] * grid[1] * grid[2]
            assert blocks <= 65535
            if launch["purpose"] == purpose and blocks > 0:
                yield launch["entry"], grid, [
                    self.values[i] for i in launch["arguments"]
                ]
