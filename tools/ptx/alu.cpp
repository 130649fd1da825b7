// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which part has a form; compiled for each kind of machine, as the parts are.
#include "ptx/alu_parts.h"

namespace tconv::ptx::TCONV_PTX_ISA {

Handler findAlu(const AluForm &form);

Handler findAlu(const AluForm &form) {
  switch (form.operation) {
  case Operation::Setp:
  case Operation::Testp:
  case Operation::PredAnd:
  case Operation::PredOr:
  case Operation::PredXor:
  case Operation::PredNot:
  case Operation::PredMov:
    return findComparisons(form);
  case Operation::Selp:
  case Operation::Mov:
  case Operation::Broadcast:
  case Operation::Extract:
  case Operation::Pack:
  case Operation::Resize:
    return findMoves(form);
  case Operation::Cvt:
  case Operation::Cvt2:
    return findConversions(form);
  case Operation::Copysign:
    return findIntegers(form);
  default:
    return isFloat(form.type) ? findFloats(form) : findIntegers(form);
  }
}

} // namespace tconv::ptx::TCONV_PTX_ISA
