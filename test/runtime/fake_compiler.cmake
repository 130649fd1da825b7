# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Compilers that need no LLVM, for the loader and the cache: one for each
# engine.
find_package(Threads REQUIRED)
foreach(name fake_compiler fake_halide)
  add_library(${name} MODULE ${CMAKE_CURRENT_LIST_DIR}/fake_compiler.c)
  target_include_directories(${name} PRIVATE
    ${PROJECT_SOURCE_DIR}/runtime/include)
  target_link_libraries(${name} PRIVATE Threads::Threads)
  set_target_properties(${name} PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
endforeach()
target_compile_definitions(fake_halide PRIVATE FAKE_ENGINE="halide")
