# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Writes OUT, a header with a hash of FILES and LLVM's version, and one of these,
# HALIDE_FILES and Halide's version: the same sources give the same ids, and any
# change of what makes the code gives another. The runtime has them too, so that
# it finds cached kernels without the compilers.
set(_all "${LLVM_VERSION}")
foreach(_file ${FILES})
  file(SHA256 ${_file} _hash)
  string(APPEND _all ${_hash})
endforeach()
string(SHA256 _id "${_all}")
string(SUBSTRING ${_id} 0 32 _id)
string(APPEND _all "halide ${HALIDE_VERSION}")
foreach(_file ${HALIDE_FILES})
  file(SHA256 ${_file} _hash)
  string(APPEND _all ${_hash})
endforeach()
string(SHA256 _halide_id "${_all}")
string(SUBSTRING ${_halide_id} 0 32 _halide_id)
file(WRITE ${OUT} "#define TCONV_BUILD_ID \"${_id}\"
#define TCONV_BUILD_LLVM \"${LLVM_VERSION}\"
#define TCONV_HALIDE_BUILD_ID \"${_halide_id}\"
#define TCONV_BUILD_HALIDE \"${HALIDE_VERSION}\"\n")
