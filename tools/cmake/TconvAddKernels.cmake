# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#   tconv_add_kernels(NAME LAYERS "LAYER" ... | FILE FILE.layers
#                     TARGETS cpu:x86-64-v3 cpu:x86-64-v4 ... [STATIC]
#                     [ENGINE mlir|halide|halide:AUTOSCHEDULER])
#
# Compiles kernels ahead of time and makes the library target NAME, to be linked
# to what includes NAME.h and calls NAME_register(). It brings libtconv with it:
# the shared one, or with STATIC the archive. FILE is relative to the current
# source folder; what is built is built again when it changes. In C, characters
# of NAME and of layers' names that no identifier has are underscores.
#
# The compiler is TCONV_COMPILE_EXECUTABLE where that is set (when compiling for
# another machine it is to be one that runs on this machine), else tconv-compile
# of this build or of the package.
include_guard(GLOBAL)

function(tconv_add_kernels name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "STATIC" "FILE;ENGINE" "LAYERS;TARGETS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR
      "tconv_add_kernels(${name}): unknown: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_TARGETS)
    message(FATAL_ERROR
      "tconv_add_kernels(${name}): TARGETS is missing, such as cpu:x86-64-v3")
  endif()
  if((arg_FILE AND arg_LAYERS) OR NOT (arg_FILE OR arg_LAYERS))
    message(FATAL_ERROR
      "tconv_add_kernels(${name}): give either LAYERS or FILE")
  endif()

  if(TCONV_COMPILE_EXECUTABLE)
    set(_compiler ${TCONV_COMPILE_EXECUTABLE})
  elseif(TARGET tconv-compile)
    set(_compiler tconv-compile)
  elseif(TARGET tconv::tconv-compile AND NOT CMAKE_CROSSCOMPILING)
    set(_compiler tconv::tconv-compile)
  else()
    message(FATAL_ERROR
      "tconv_add_kernels(${name}): there is no tconv-compile for this machine; "
      "set TCONV_COMPILE_EXECUTABLE to one")
  endif()

  set(_folder ${CMAKE_CURRENT_BINARY_DIR}/${name}.kernels)
  file(MAKE_DIRECTORY ${_folder})
  if(arg_FILE)
    get_filename_component(_layers ${arg_FILE} ABSOLUTE)
  else()
    set(_layers ${_folder}/${name}.layers)
    list(JOIN arg_LAYERS "\n" _text)
    # Leaves a file alone that has this content.
    file(CONFIGURE OUTPUT ${_layers} CONTENT "${_text}\n" @ONLY)
  endif()
  list(JOIN arg_TARGETS "," _targets)
  set(_engine)
  if(arg_ENGINE)
    set(_engine --engine=${arg_ENGINE})
  endif()
  add_custom_command(
    OUTPUT ${_folder}/${name}.a ${_folder}/${name}.h
    COMMAND ${_compiler} --emit=library --target=${_targets}
            ${_engine} --layers ${_layers} -o ${_folder}/${name}
    DEPENDS ${_layers} ${_compiler}
    COMMENT "Compiling the kernels of ${name}"
    VERBATIM)
  add_custom_target(${name}_kernels
    DEPENDS ${_folder}/${name}.a ${_folder}/${name}.h)

  add_library(${name} INTERFACE)
  add_dependencies(${name} ${name}_kernels)
  # Generated, so not for its users to be warned about.
  target_include_directories(${name} SYSTEM INTERFACE ${_folder})
  # The kernels come first: they need nothing, and libtconv nothing of them.
  if(arg_STATIC)
    target_link_libraries(${name} INTERFACE
      ${_folder}/${name}.a tconv::tconv_static)
  else()
    target_link_libraries(${name} INTERFACE ${_folder}/${name}.a tconv::tconv)
  endif()
endfunction()
