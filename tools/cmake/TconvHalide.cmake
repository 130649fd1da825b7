# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Finds Halide 21 where TCONV_HALIDE asks for it: headers, libHalide and the
# autoschedulers, which the Python package "halide" has. Looks at HALIDE_ROOT (a
# folder with include/Halide.h), then at the virtual environment that tools/dev
# makes, then where the system has its headers. Sets
#   TCONV_HALIDE_VERSION   such as 21.0.0; empty where there is none
#   TCONV_HALIDE_FOLDER    of libHalide and the autoschedulers
# and makes the target Halide::Halide. The package's own CMake files are for
# CMake 3.28, and want Python's headers too.
set(TCONV_HALIDE_VERSION "")
if(NOT TCONV_HALIDE)
  return()
endif()

set(HALIDE_ROOT "" CACHE PATH "Folder of Halide 21, with include/Halide.h")
file(GLOB _places
  ${PROJECT_SOURCE_DIR}/build/venv-halide/lib/python3*/site-packages/halide)
find_path(TCONV_HALIDE_INCLUDE_DIR Halide.h
  HINTS ${HALIDE_ROOT}/include $ENV{HALIDE_ROOT}/include
  PATHS ${_places} PATH_SUFFIXES include)
if(TCONV_HALIDE_INCLUDE_DIR)
  get_filename_component(_root ${TCONV_HALIDE_INCLUDE_DIR} DIRECTORY)
  # Headers and library must be of one package.
  find_library(TCONV_LIBHALIDE Halide
    PATHS ${_root}/lib64 ${_root}/lib ${_root}/lib/${CMAKE_LIBRARY_ARCHITECTURE}
    NO_DEFAULT_PATH)
endif()

set(_why "its headers and libHalide were not found")
if(TCONV_HALIDE_INCLUDE_DIR AND TCONV_LIBHALIDE)
  file(STRINGS ${TCONV_HALIDE_INCLUDE_DIR}/HalideRuntime.h _lines
    REGEX "define HALIDE_VERSION_(MAJOR|MINOR|PATCH) ")
  string(REGEX MATCHALL "[0-9]+" _numbers "${_lines}")
  list(JOIN _numbers "." _version)
  if(_version MATCHES "^21\\.")
    set(TCONV_HALIDE_VERSION ${_version})
  else()
    set(_why "${TCONV_HALIDE_INCLUDE_DIR} has version '${_version}'")
  endif()
endif()

if(NOT TCONV_HALIDE_VERSION)
  string(CONCAT _text "Halide 21: ${_why}. tools/dev installs it; or pip "
    "install halide==21.*, and set HALIDE_ROOT to the folder that this makes")
  if(TCONV_HALIDE STREQUAL "AUTO")
    message(STATUS "${_text} (going on without engine=halide)")
  else()
    message(FATAL_ERROR "${_text}")
  endif()
  return()
endif()

get_filename_component(TCONV_HALIDE_FOLDER ${TCONV_LIBHALIDE} DIRECTORY)
message(STATUS "Halide ${TCONV_HALIDE_VERSION}: ${TCONV_HALIDE_FOLDER}")
add_library(Halide::Halide SHARED IMPORTED)
set_target_properties(Halide::Halide PROPERTIES
  IMPORTED_LOCATION ${TCONV_LIBHALIDE}
  # Which changes what the headers declare; the package is built with both.
  INTERFACE_COMPILE_DEFINITIONS "HALIDE_ENABLE_RTTI;HALIDE_WITH_EXCEPTIONS")
target_include_directories(Halide::Halide SYSTEM INTERFACE
  ${TCONV_HALIDE_INCLUDE_DIR})
# An installed engine looks where this build found libHalide, unless that is a
# part of the checkout: then the component halide installs a copy.
string(FIND "${TCONV_HALIDE_FOLDER}" "${PROJECT_SOURCE_DIR}/" _place)
if(_place EQUAL 0)
  set(_rpath "")
else()
  set(_rpath ${TCONV_HALIDE_FOLDER})
endif()
set(TCONV_HALIDE_RPATH "${_rpath}" CACHE STRING
    "Where the installed Halide engine looks for libHalide; empty: in the copy that the component halide installs")
