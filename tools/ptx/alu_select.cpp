// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which compilation of the arithmetic this machine runs. Both give the
// same bits.
#include "ptx/alu.h"

namespace tconv::ptx {

namespace plain {
Handler findAlu(const AluForm &form);
Handler findMma(Type type, int depth);
} // namespace plain
#ifdef TCONV_PTX_AVX2
namespace avx2 {
Handler findAlu(const AluForm &form);
Handler findMma(Type type, int depth);
} // namespace avx2

static bool hasAvx2() {
  static const bool has = __builtin_cpu_supports("avx2") &&
                          __builtin_cpu_supports("fma") &&
                          __builtin_cpu_supports("bmi2");
  return has;
}
#endif

Handler findAlu(const AluForm &form) {
#ifdef TCONV_PTX_AVX2
  if (hasAvx2())
    return avx2::findAlu(form);
#endif
  return plain::findAlu(form);
}

Handler findMma(Type type, int depth) {
#ifdef TCONV_PTX_AVX2
  if (hasAvx2())
    return avx2::findMma(type, depth);
#endif
  return plain::findMma(type, depth);
}

} // namespace tconv::ptx
