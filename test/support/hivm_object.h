// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What fake_hivmc calls an object: the text that it was given, behind a line
// that no real object has. It begins as an ELF does, for those who look.
#ifndef TCONV_TEST_SUPPORT_HIVM_OBJECT_H
#define TCONV_TEST_SUPPORT_HIVM_OBJECT_H

#include <string>
#include <string_view>

namespace tconv::test {

constexpr std::string_view kHivmObjectLine =
    "\177ELF of a test: no code, but HIVM text for the model of a core\n";

inline std::string makeHivmObject(const std::string &text) {
  return std::string(kHivmObjectLine) + text;
}

/// False where it is no such object.
inline bool readHivmObject(std::string_view object, std::string &text) {
  if (object.substr(0, kHivmObjectLine.size()) != kHivmObjectLine)
    return false;
  text = object.substr(kHivmObjectLine.size());
  return true;
}

} // namespace tconv::test

#endif // TCONV_TEST_SUPPORT_HIVM_OBJECT_H
