// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The library of a compiler is never closed, and a thread of the runtime's may
// be compiling when the program ends. So nothing in it is destroyed then: what
// LLVM and the C++ of this library register for that moment is forgotten.
// Linked into such a library only, where this is the definition for all that it
// contains.
extern "C" __attribute__((visibility("hidden"))) int
__cxa_atexit(void (*)(void *), void *, void *) noexcept {
  return 0;
}
