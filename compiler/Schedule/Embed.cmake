# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Writes OUT, a C++ table of the schedule FILES under ROOT as raw strings.
set(_text "// Made from the files under schedules/; do not edit.\n")
string(APPEND _text "#include \"compiler/Schedule/Library.h\"\n\n")
string(APPEND _text "namespace mlir::tconv {\n")
string(APPEND _text "const EmbeddedSchedule embeddedSchedules[] = {\n")
foreach(_file ${FILES})
  file(READ ${ROOT}/${_file} _content)
  string(APPEND _text "{\"${_file}\", R\"tconv(${_content})tconv\"},\n")
endforeach()
string(APPEND _text "};\nconst unsigned embeddedScheduleCount =\n")
string(APPEND _text "    sizeof(embeddedSchedules) / sizeof(*embeddedSchedules);\n")
string(APPEND _text "} // namespace mlir::tconv\n")
file(WRITE ${OUT} "${_text}")
