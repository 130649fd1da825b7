// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_ATTRS_TD
#define TCONV_ATTRS_TD

include "TconvDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class Tconv_Attr<string name, string attrMnemonic>
    : AttrDef<Tconv_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Tconv_SectionAttr : Tconv_Attr<"Section", "section"> {
  let summary = "the phases that read x at the same places";
  let description = [{
    Phases with the same number of taps whose taps read the same positions of x.
    Tap i of the phase `phases[n]` is the element `first_taps[n] + i * tap_step`
    of the kernel and reads `x[q - shift - i * shift_step]`.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$phases,
                        ArrayRefParameter<"int64_t">:$firstTaps,
                        "int64_t":$taps, "int64_t":$shift);
  let assemblyFormat = [{
    `<` `phases` `=` `[` $phases `]` `,` `first_taps` `=` `[` $firstTaps `]`
    `,` `taps` `=` $taps `,` `shift` `=` $shift `>`
  }];
  let genVerifyDecl = 1;
}

def Tconv_DecompositionAttr : Tconv_Attr<"Decomposition", "decomposition"> {
  let summary = "how a transposed convolution falls apart into phases";
  let description = [{
    Output t is phase p of position q, with `t + crop = stride * q + p`,
    0 <= p < stride and 0 <= crop < stride. Sections are ordered by falling
    number of taps, then by shift. A phase in no section has no taps: its
    outputs are the bias alone.
  }];
  let parameters = (ins "int64_t":$stride, "int64_t":$crop,
                        "int64_t":$tapStep, "int64_t":$shiftStep,
                        ArrayRefParameter<"SectionAttr">:$sections);
  let assemblyFormat = [{
    `<` `stride` `=` $stride `,` `crop` `=` $crop `,` `tap_step` `=` $tapStep
    `,` `shift_step` `=` $shiftStep `,` `sections` `=` `[` $sections `]` `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Smallest and largest distance s of any tap, which reads x[q - s].
    int64_t getMinShift() const;
    int64_t getMaxShift() const;
    int64_t getSpan() const { return getMaxShift() - getMinShift(); }
  }];
}

def Tconv_PackingAttr : Tconv_Attr<"Packing", "packing"> {
  let summary = "the order of packed weights";
  let description = [{
    Packed weights are a list of register tiles of `rows` rows each:
    `[group][block of channels][section][tile][input channel][tap][row]`.
    The rows of a section in a block are (channel, phase of the section), padded
    with zeros to whole tiles; a block holds `channels` output channels.

    With `outputs` = m above 1 the phases are computed by fast algorithms,
    F(m, taps of the section), m positions at a time: instead of its taps, a
    section has the m + taps - 1 points of its filter
    (compiler/Dialect/FastFilter.h), each with the tiles of all its rows:
    `[group][block of channels][section][point][tile][input][row]`, and
    after all sections those taps that are no point,
    `[section][tap 1 .. taps - 2][tile][input][row]`.
    An input is an input channel. Where phases have more taps than a fast
    algorithm, they are cut into filters (FilterCut, compiler/Dialect/
    PackedLayout.h), the last one padded with zeros, and inputs are
    (input channel, filter).

    With `pieces` = 3 sums are made of points even where `outputs` is 1, of which
    each tap is one then. The weights of points are split into three bf16 numbers
    that add up to them, for the tile registers of AMX, and lie as
    compiler/Dialect/Pieces.h says.

    With `bits` = 22 the weights of a direct kernel are kept in so many bits
    each, and lie as compiler/Dialect/Compact.h says.
  }];
  let parameters = (ins "int64_t":$channels, "int64_t":$rows,
                        DefaultValuedParameter<"int64_t", "1">:$outputs,
                        DefaultValuedParameter<"int64_t", "1">:$pieces,
                        DefaultValuedParameter<"int64_t", "32">:$bits);
  let skipDefaultBuilders = 1;
  let builders = [AttrBuilder<(ins "int64_t":$channels, "int64_t":$rows,
                                   CArg<"int64_t", "1">:$outputs,
                                   CArg<"int64_t", "1">:$pieces,
                                   CArg<"int64_t", "32">:$bits), [{
    return $_get($_ctxt, channels, rows, outputs, pieces, bits);
  }]>];
  let extraClassDeclaration = [{
    /// Whether sums are made of points: F(m, r), or taps in pieces.
    bool isFast() const { return getOutputs() > 1 || getPieces() > 1; }
  }];
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Tconv_Positions : I32EnumAttrCase<"positions", 0>;
def Tconv_Rows : I32EnumAttrCase<"rows", 1>;
def Tconv_VectorAxis : I32EnumAttr<"VectorAxis",
    "what the lanes of a vector are: neighbouring positions, or rows (output "
    "channel and phase)", [Tconv_Positions, Tconv_Rows]> {
  let cppNamespace = "::mlir::tconv";
  let genSpecializedAttr = 0;
}
def Tconv_VectorAxisAttr
    : EnumAttr<Tconv_Dialect, Tconv_VectorAxis, "vectors"> {
  let assemblyFormat = "`<` $value `>`";
}

#endif // TCONV_ATTRS_TD
