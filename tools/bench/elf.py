# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The size of the code in an object file."""

import struct

EXECUTABLE = 0x4  # SHF_EXECINSTR


def code_bytes(data):
    """Bytes of all sections of a 64-bit little-endian ELF file that are run;
    ValueError for anything else."""
    if data[:6] != b"\x7fELF\x02\x01":
        raise ValueError("no 64-bit little-endian ELF file")
    (offset,) = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    total = 0
    for index in range(count):
        # sh_name, sh_type, sh_flags, sh_addr, sh_offset, sh_size
        fields = struct.unpack_from("<IIQQQQ", data, offset + index * size)
        if fields[2] & EXECUTABLE:
            total += fields[5]
    return total
