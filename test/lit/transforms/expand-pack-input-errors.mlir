// RUN: tconv-opt %s --tconv-expand-pack-input=lanes=0 --verify-diagnostics

// expected-error @+1 {{lanes must be a power of two, got 0}}
module {
}
