/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/** @file version.h The version of tconv; CMake and Python read it here. */
#ifndef TCONV_VERSION_H
#define TCONV_VERSION_H

#define TCONV_VERSION_MAJOR 0
#define TCONV_VERSION_MINOR 1
#define TCONV_VERSION_PATCH 0

#endif /* TCONV_VERSION_H */
