#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What libtconv needs and what it exports: nothing of LLVM, nothing but tconv_*.
# Usage: library_test.sh LIBTCONV
set -eu
library=$1
fail() {
  echo "$library: $1" >&2
  exit 1
}

needed=$(readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
[ -n "$needed" ] || fail "readelf shows no needed library"
if echo "$needed" | grep -iE 'llvm|mlir|clang|tconv_compiler'; then
  fail "must not need the libraries above"
fi
exported=$(nm -D --defined-only "$library" | awk '{print $NF}')
echo "$exported" | grep -qx tconv_layer_run || fail "tconv_layer_run is missing"
if echo "$exported" | grep -v '^tconv_'; then
  fail "must not export the symbols above"
fi
readelf -d "$library" | grep -q 'SONAME.*libtconv\.so\.[0-9]' ||
  fail "has no versioned SONAME"
