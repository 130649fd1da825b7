# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# cmake -DSOURCE=... -DFOLDER=... -P variant.cmake -- ARGS: configures the
# source into the folder with ARGS, and builds it. For tests that need a build
# of another kind.
set(_arguments)
set(_seen OFF)
math(EXPR _last "${CMAKE_ARGC} - 1")
foreach(_i RANGE ${_last})
  if(_seen)
    list(APPEND _arguments ${CMAKE_ARGV${_i}})
  elseif("${CMAKE_ARGV${_i}}" STREQUAL "--")
    set(_seen ON)
  endif()
endforeach()

# A folder that was moved with the checkout is of no use.
if(EXISTS ${FOLDER}/CMakeCache.txt)
  file(STRINGS ${FOLDER}/CMakeCache.txt _home REGEX "^CMAKE_HOME_DIRECTORY:")
  if(NOT "${_home}" STREQUAL "CMAKE_HOME_DIRECTORY:INTERNAL=${SOURCE}")
    file(REMOVE_RECURSE ${FOLDER})
  endif()
endif()
set(_jobs 2)
if("$ENV{TCONV_DEV_JOBS}" MATCHES "^[1-9][0-9]*$")
  set(_jobs $ENV{TCONV_DEV_JOBS})
endif()
foreach(_command
    "-S;${SOURCE};-B;${FOLDER};-G;Ninja;${_arguments}"
    "--build;${FOLDER};-j;${_jobs}")
  execute_process(COMMAND ${CMAKE_COMMAND} ${_command} RESULT_VARIABLE _result)
  if(NOT _result EQUAL 0)
    message(FATAL_ERROR "${FOLDER} can't be built: cmake ${_command}")
  endif()
endforeach()
