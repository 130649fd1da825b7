# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Two ways to LLVM and MLIR: `tconv_llvm` for the tools and tests, LLVM's shared
# libraries; and `tconv_llvm_inside` for the libraries that libtconv opens, with
# TCONV_STATIC_LLVM what they use of the archives. Such a library is opened in a
# tenth of the time (its own names need no looking up), and runs where no LLVM
# is installed.
set(_archive ${LLVM_LIBRARY_DIR}/libLLVMCore.a)
if(EXISTS ${_archive} AND TARGET MLIRIR AND TARGET LLVMCore)
  set(_found ON)
else()
  set(_found OFF)
endif()
option(TCONV_STATIC_LLVM "Put LLVM and MLIR into the compiler's libraries" ${_found})
if(TCONV_STATIC_LLVM AND NOT _found)
  message(FATAL_ERROR "TCONV_STATIC_LLVM = ON: there is no ${_archive}, or MLIR "
                      "has no archives")
endif()

add_library(tconv_llvm INTERFACE)
target_link_libraries(tconv_llvm INTERFACE MLIR LLVM)

add_library(tconv_llvm_inside INTERFACE)
# The table's query function is all that is to be seen of such a library:
# whatever other LLVM a process has, each keeps its own.
target_link_options(tconv_llvm_inside INTERFACE
  -Wl,--exclude-libs,ALL -Wl,--no-undefined)
if(NOT TCONV_STATIC_LLVM)
  target_link_libraries(tconv_llvm_inside INTERFACE tconv_llvm)
  return()
endif()
# What the compiler's sources name, and whatever archives that needs. MLIR's
# own CMake targets won't do: those of distributions say that they need LLVM's
# shared library.
set(_archives)
set(_names
  MLIRAffineDialect MLIRAffineToStandard MLIRArithDialect MLIRArithToLLVM
  MLIRArithTransforms MLIRArithUtils MLIRBufferizationDialect
  MLIRBufferizationTransforms MLIRBuiltinToLLVMIRTranslation
  MLIRControlFlowDialect MLIRControlFlowToLLVM MLIRDestinationStyleOpInterface
  MLIRDialectUtils MLIRFuncDialect MLIRFuncToLLVM MLIRFunctionInterfaces
  MLIRGPUDialect MLIRGPUToLLVMIRTranslation MLIRGPUToNVVMTransforms MLIRIR
  MLIRIndexToLLVM MLIRInferTypeOpInterface MLIRLLVMDialect
  MLIRLLVMToLLVMIRTranslation MLIRLinalgDialect MLIRLinalgTransformOps
  MLIRMemRefDialect MLIRMemRefToLLVM MLIRMemRefTransforms MLIRNVGPUDialect
  MLIRNVGPUToNVVM MLIRNVVMDialect MLIRNVVMToLLVM MLIRNVVMToLLVMIRTranslation
  MLIRParser MLIRPass MLIRReconcileUnrealizedCasts MLIRSCFDialect
  MLIRSCFToControlFlow MLIRSCFTransformOps MLIRSideEffectInterfaces MLIRSupport
  MLIRTargetLLVMIRExport MLIRTensorDialect MLIRTensorTransforms
  MLIRTransformDialect MLIRTransformDialectInterfaces
  MLIRTransformDialectTransforms MLIRTransforms MLIRUBToLLVM MLIRVectorDialect
  MLIRVectorToLLVM MLIRVectorToLLVMPass)
while(_names)
  list(POP_FRONT _names _name)
  list(APPEND _seen ${_name})
  get_target_property(_file ${_name} LOCATION)
  if(_file) # some are only names of several others
    list(APPEND _archives ${_file})
  endif()
  get_target_property(_needs ${_name} INTERFACE_LINK_LIBRARIES)
  string(REGEX MATCHALL "MLIR[A-Za-z0-9]+" _needs "${_needs}")
  list(APPEND _names ${_needs})
  list(REMOVE_DUPLICATES _names)
  list(REMOVE_ITEM _names ${_seen})
endwhile()
target_link_libraries(tconv_llvm_inside INTERFACE
  -Wl,--start-group ${_archives} -Wl,--end-group
  LLVMAArch64AsmParser LLVMAArch64CodeGen LLVMAArch64Desc LLVMAArch64Info
  LLVMAnalysis LLVMAsmParser LLVMBitReader LLVMCore LLVMFrontendOpenMP LLVMJITLink
  LLVMLinker LLVMMC LLVMNVPTXCodeGen LLVMNVPTXDesc LLVMNVPTXInfo LLVMOrcJIT
  LLVMSupport LLVMTargetParser LLVMTransformUtils LLVMX86AsmParser
  LLVMX86CodeGen LLVMX86Desc LLVMX86Info)
target_link_options(tconv_llvm_inside INTERFACE -Wl,--as-needed -Wl,--gc-sections -Wl,-z,now)
# LLVM's linker takes two seconds for what takes binutils' many, and keeps one of
# functions with the same code: templates make so many that it saves an eighth.
include(CheckLinkerFlag)
set(_lld -fuse-ld=lld -B${LLVM_TOOLS_BINARY_DIR} -Wl,--icf=all)
check_linker_flag(CXX "${_lld}" TCONV_LLD_WORKS)
if(TCONV_LLD_WORKS)
  target_link_options(tconv_llvm_inside INTERFACE ${_lld})
endif()
