// Every refusal of the attributes.
// RUN: tconv-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{phase 0 is in two sections}}
func.func private @f() attributes {a = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>, <phases = [0], first_taps = [1], taps = 1, shift = 0>]>}

// -----

// expected-error @+1 {{phase 2 is outside [0, stride) with stride 2}}
func.func private @f() attributes {a = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [2], first_taps = [0], taps = 1, shift = 0>]>}

// -----

// expected-error @+1 {{crop must be in [0, stride), got 3 with stride 2}}
func.func private @f() attributes {a = #tconv.decomposition<stride = 2, crop = 3, tap_step = 2, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>}

// -----

// expected-error @+1 {{stride must be at least 1, got 0}}
func.func private @f() attributes {a = #tconv.decomposition<stride = 0, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>}

// -----

// expected-error @+1 {{tap_step and shift_step must be at least 1, got 0 and 1}}
func.func private @f() attributes {a = #tconv.decomposition<stride = 1, crop = 0, tap_step = 0, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>}

// -----

// expected-error @+1 {{taps of a section must be at least 1, got 0}}
func.func private @f() attributes {a = #tconv.section<phases = [0], first_taps = [0], taps = 0, shift = 0>}

// -----

// expected-error @+1 {{a section needs one first tap for each phase, got 1 for 2}}
func.func private @f() attributes {a = #tconv.section<phases = [0, 1], first_taps = [0], taps = 1, shift = 0>}

// -----

// expected-error @+1 {{a first tap must not be negative, got -1}}
func.func private @f() attributes {a = #tconv.section<phases = [0], first_taps = [-1], taps = 1, shift = 0>}

// -----

// expected-error @+1 {{channels and rows of a packing must be at least 1, got 0 and 4}}
func.func private @f() attributes {a = #tconv.packing<channels = 0, rows = 4>}

// -----

// expected-error @+1 {{outputs of a packing must be from 1 to 4, got 0}}
func.func private @f() attributes {a = #tconv.packing<channels = 4, rows = 4, outputs = 0>}

// -----

// expected-error @+1 {{outputs of a packing must be from 1 to 4, got 5}}
func.func private @f() attributes {a = #tconv.packing<channels = 4, rows = 4, outputs = 5>}

// -----

// Numbers that are too large to compute with.
// expected-error @+1 {{stride must be at most 4194304, got 9223372036854775807}}
func.func private @f() attributes {a = #tconv.decomposition<stride = 9223372036854775807, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>}

// -----

// expected-error @+1 {{shift 0 of 3 taps, 9223372036854775807 apart, lies too far out}}
func.func private @f() attributes {a = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 9223372036854775807, sections = [<phases = [0], first_taps = [0], taps = 3, shift = 0>]>}

// -----

// expected-error @+1 {{shift -9223372036854775808 of 1 taps, 1 apart, lies too far out}}
func.func private @f() attributes {a = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = -9223372036854775808>]>}

// -----

// expected-error @+1 {{shift 1152921504606846976 of 2 taps, 1 apart, lies too far out}}
func.func private @f() attributes {a = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 1152921504606846976>]>}

// -----

// expected-error @+1 {{first tap 9223372036854775807 of 2 taps, 1 apart, lies too far out}}
func.func private @f() attributes {a = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [9223372036854775807], taps = 2, shift = 0>]>}

// -----

// An empty list is no list.
// expected-error @+2 {{expected integer value}}
// expected-error @+1 {{failed to parse Tconv_SectionAttr parameter 'phases'}}
func.func private @f() attributes {a = #tconv.section<phases = [], first_taps = [], taps = 1, shift = 0>}
