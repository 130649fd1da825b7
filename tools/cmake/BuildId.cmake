# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Writes OUT, a header with a hash of FILES and LLVM's version: the same sources
# give the same id, and any change of what makes the code gives another. The
# runtime has it too, so that it finds cached kernels without the compiler.
set(_all "${LLVM_VERSION}")
foreach(_file ${FILES})
  file(SHA256 ${_file} _hash)
  string(APPEND _all ${_hash})
endforeach()
string(SHA256 _id "${_all}")
string(SUBSTRING ${_id} 0 32 _id)
file(WRITE ${OUT} "#define TCONV_BUILD_ID \"${_id}\"
#define TCONV_BUILD_LLVM \"${LLVM_VERSION}\"\n")
