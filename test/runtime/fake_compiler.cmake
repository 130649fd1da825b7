# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# A compiler that needs no LLVM, for the loader and the cache.
find_package(Threads REQUIRED)
add_library(fake_compiler MODULE ${CMAKE_CURRENT_LIST_DIR}/fake_compiler.c)
target_include_directories(fake_compiler PRIVATE
  ${PROJECT_SOURCE_DIR}/runtime/include)
target_link_libraries(fake_compiler PRIVATE Threads::Threads)
set_target_properties(fake_compiler PROPERTIES
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
