/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The same code, compiled with FMA instructions: see reference.h. */
#define TCONV_REFERENCE_TASKS tconv_reference_tasks_fma
#include "reference/reference.c"
