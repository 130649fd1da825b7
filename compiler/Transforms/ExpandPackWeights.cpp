// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/FastFilter.h"
#include "compiler/Dialect/PackedLayout.h"
#include "compiler/Dialect/Pieces.h"
#include "compiler/Transforms/CompactWords.h"

#include <numeric>

namespace mlir::tconv {
#define GEN_PASS_DEF_EXPANDPACKWEIGHTSPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

namespace {

/// What a row of a group of sections holds, for every row of its tiles: the
/// channel within the block (or as many as the block has, for padding) and the
/// first tap.
class RowTable {
public:
  RowTable(Emitter &e, ModuleOp module, const PackedLayout &layout,
           const PackedTapGroup &group)
      : e(e), module(module), sections(group.sections) {
    if (sections.size() == 1)
      return; // by arithmetic
    for (const PackedSection &packed : sections) {
      ArrayRef<int64_t> taps = packed.section.getFirstTaps();
      int64_t phases = taps.size();
      for (int64_t row = 0; row < packed.tiles * layout.rows(); ++row) {
        channels.push_back(std::min(row / phases, layout.channels()));
        firstTaps.push_back(taps[row % phases]);
      }
    }
  }
  Value channel(Value row) {
    if (channels.empty())
      return e.div(row, sections.front().section.getPhases().size());
    return e.lookUp(module, channels, row);
  }
  Value firstTap(Value row) {
    if (channels.empty()) {
      SectionAttr section = sections.front().section;
      return e.lookUp(module, section.getFirstTaps(),
                      e.rem(row, section.getPhases().size()));
    }
    return e.lookUp(module, firstTaps, row);
  }

private:
  Emitter &e;
  ModuleOp module;
  ArrayRef<PackedSection> sections;
  SmallVector<int64_t> channels, firstTaps;
};

/// Of so many rows, which begin at a multiple of their number, how many lie one
/// after the other in the weights: phases that begin with neighbouring taps.
int64_t runOf(ArrayRef<PackedSection> sections, int64_t width) {
  if (sections.size() != 1)
    return 1;
  ArrayRef<int64_t> taps = sections.front().section.getFirstTaps();
  for (size_t i = 1; i < taps.size(); ++i)
    if (taps[i] != taps[i - 1] + 1)
      return 1;
  return std::gcd<int64_t>(taps.size(), width);
}
/// Rows that are worth loading together. Shorter runs are gathered, or loaded
/// one by one.
constexpr int64_t kShortestRun = 4;

/// Packs sections of one number of taps of one block of channels.
class SectionPacker {
public:
  /// `offsets` has room for a tile's rows, `width` of which are packed at once;
  /// `base` is the block's first element, `firstInput` and `firstOutput` are
  /// the channels that it begins with.
  SectionPacker(Emitter &e, PackWeightsOp op, const PackedLayout &layout,
                Value offsets, int64_t width, Value base, Value firstInput,
                Value firstOutput)
      : e(e), op(op), layout(layout), offsets(offsets), width(width),
        base(base), firstInput(firstInput), firstOutput(firstOutput) {
    auto weight = cast<MemRefType>(op.getWeight().getType());
    inputs = weight.getDimSize(0) / op.getGroups();
    outputs = weight.getDimSize(1);
    kernel = weight.getDimSize(2);
    // By one index, so that a row's place is one number.
    int64_t elements = weight.getNumElements();
    auto flat = MemRefType::get({elements}, weight.getElementType());
    weights = memref::ReinterpretCastOp::create(
        e.b, e.loc, flat, op.getWeight(), /*offset=*/0,
        ArrayRef<int64_t>{elements}, ArrayRef<int64_t>{1});
  }

  /// Direct sections: their taps, one after the other.
  void pack(const PackedTapGroup &group) {
    int64_t taps = group.taps;
    run = runOf(group.sections, width);
    RowTable table(e, module(), layout, group);
    forTiles(group.tiles, inputs, table, [&](Value tile, Value input) {
      Value at = element(group.weightsOffset, tile, input, taps);
      auto packTap = [&](Value tap) {
        Value first = e.add(at, e.mul(tap, layout.stepElements()));
        if (layout.isCompact())
          return packCompact(e, op.getInit(), first, [&](int64_t row) {
            return weightOf(input, e.index(row), e.mul(tap, tapStep()));
          });
        forRows([&](Value row) {
          Value numbers = weightOf(input, row, e.mul(tap, tapStep()));
          store(numbers, e.add(first, row));
        });
      };
      e.loop(taps, packTap);
    });
  }

  /// A fast section: its filter's points, then the taps that are none.
  void packPoints(const PackedSection &packed) {
    int64_t taps = layout.filterTapsOf(packed.section);
    FastFilter filter(layout.outputs(), taps);
    PackedTapGroup group = {taps, 0, packed.tiles, 0, packed};
    run = runOf(packed, width);
    RowTable table(e, module(), layout, group);
    int64_t set = packed.tiles * layout.tileElements();
    if (layout.isSplit())
      forTiles(packed.tiles, Pieces::steps(layout.depth()) * Pieces::kWords,
               table, [&](Value tile, Value pair) {
                 packPieces(packed, filter, tile, pair);
               });
    if (layout.isSplit() && layout.tapsBesides(taps) == 0)
      return;
    int64_t tapSet = packed.tiles * layout.depth() * layout.rows();
    forTiles(packed.tiles, layout.depth(), table, [&](Value tile, Value input) {
      forRows([&](Value row) {
        SmallVector<Value> values = tapsOf(input, row, packed.section);
        Value at = e.add(element(0, tile, input, 1), row);
        auto storeAt = [&](int64_t offset, Value numbers) {
          store(numbers, e.add(at, offset));
        };
        if (!layout.isSplit())
          for (int64_t t = 0; t < packed.points; ++t)
            storeAt(packed.weightsOffset + t * set, point(filter, t, values));
        for (int64_t k = 1; k + 1 < taps; ++k)
          storeAt(packed.tapsOffset + (k - 1) * tapSet, values[k]);
      });
    });
  }

private:
  ModuleOp module() { return op->getParentOfType<ModuleOp>(); }
  int64_t tapStep() { return op.getDecomposition().getTapStep(); }

  void forRows(function_ref<void(Value row)> body) {
    e.loop(e.index(0), e.index(layout.rows()), width, body);
  }

  /// The numbers of `width` rows, `distance` elements apart.
  void store(Value numbers, Value at, int64_t distance = 1) {
    if (width == 1)
      return e.store(numbers, op.getInit(), {at});
    if (distance == 1)
      return e.storeVector(numbers, op.getInit(), {at});
    SmallVector<int32_t> places;
    for (int64_t row = 0; row < width; ++row)
      places.push_back(row * distance);
    Value all = arith::ConstantOp::create(
        e.b, e.loc, e.b.getBoolVectorAttr(SmallVector<bool>(width, true)));
    vector::ScatterOp::create(
        e.b, e.loc, Type(), op.getInit(), at,
        arith::ConstantOp::create(e.b, e.loc, e.b.getI32VectorAttr(places)),
        all, numbers);
  }

  /// A number for each of `width` rows.
  Value constant(FloatType type, double value) {
    TypedAttr attr = e.b.getFloatAttr(type, value);
    if (width > 1)
      attr = DenseElementsAttr::get(VectorType::get({width}, type), attr);
    return arith::ConstantOp::create(e.b, e.loc, attr);
  }
  Type numbers(FloatType type) {
    return width == 1 ? Type(type) : VectorType::get({width}, type);
  }

  /// All taps of a row for an input: those of a filter of a channel.
  SmallVector<Value> tapsOf(Value input, Value row, SectionAttr section) {
    int64_t taps = layout.filterTapsOf(section), filters = layout.filters();
    SmallVector<Value> values;
    if (filters == 1) {
      for (int64_t k = 0; k < taps; ++k)
        values.push_back(weightOf(input, row, e.index(k * tapStep())));
      return values;
    }
    Value channel = e.div(input, filters);
    Value first = e.mul(e.rem(input, filters), taps);
    Value last = e.index(section.getTaps() - 1);
    for (int64_t k = 0; k < taps; ++k) {
      // Zeros pad the last filter.
      Value tap = e.add(first, k);
      Value value = weightOf(channel, row, e.mul(e.min(tap, last), tapStep()));
      values.push_back(
          e.select(e.atMost(tap, last), value, constant(f32(), 0)));
    }
    return values;
  }

  /// The words of a pair of inputs, for all rows of a tile.
  void packPieces(const PackedSection &packed, const FastFilter &filter,
                  Value tile, Value pair) {
    int64_t rows = layout.rows(), set = packed.tiles * layout.tileElements();
    Value step = e.div(pair, Pieces::kWords);
    Value word = e.rem(pair, Pieces::kWords);
    Value at =
        e.add(e.add(base, packed.weightsOffset),
              e.add(e.mul(tile, layout.tileElements()),
                    e.mul(step, Pieces::kCount * Pieces::weightWords(rows))));
    at = e.add(at, word);
    forRows([&](Value row) {
      SmallVector<Value> taps[2];
      for (int64_t odd = 0; odd < 2; ++odd) {
        Value input = e.add(e.mul(pair, 2), odd);
        // A step may go on beyond the inputs, with zeros.
        Value last = e.index(layout.depth() - 1);
        taps[odd] = tapsOf(e.min(input, last), row, packed.section);
        for (Value &tap : taps[odd])
          tap = e.select(e.atMost(input, last), tap, constant(f32(), 0));
      }
      Value place = e.add(at, e.mul(row, Pieces::kWords));
      for (int64_t t = 0; t < packed.points; ++t) {
        SmallVector<Value> even = splitPieces(e, point(filter, t, taps[0]));
        SmallVector<Value> odd = splitPieces(e, point(filter, t, taps[1]));
        for (int64_t piece = 0; piece < Pieces::kCount; ++piece) {
          Value words = pairPieces(e, even[piece], odd[piece]);
          store(words,
                e.add(place, t * set + piece * Pieces::weightWords(rows)),
                Pieces::kWords);
        }
      }
    });
  }

  /// Every tile and every step of it, such as an input channel, with the tile's
  /// rows in `offsets`.
  /// The weights of a channel's phases lie together: with the rows innermost,
  /// a line of them is used whole.
  void forTiles(int64_t tiles, int64_t steps, RowTable &table,
                function_ref<void(Value, Value)> body) {
    e.loop(tiles, [&](Value tile) {
      e.loop(layout.rows(), [&](Value inTile) {
        Value row = e.add(e.mul(tile, layout.rows()), inTile);
        Value channel = table.channel(row);
        Value output = e.add(firstOutput, channel);
        Value real = e.both(e.less(channel, e.index(layout.channels())),
                            e.less(output, e.index(outputs)));
        Value place = e.add(e.mul(output, kernel), table.firstTap(row));
        place = e.select(real, place, e.index(-1));
        if (width > 1)
          place =
              arith::IndexCastOp::create(e.b, e.loc, e.b.getI32Type(), place);
        e.store(place, offsets, {inTile});
      });
      e.loop(steps, [&](Value step) { body(tile, step); });
    });
  }

  /// Row 0 of an input of a tile, `offset` elements into the block.
  Value element(int64_t offset, Value tile, Value input, int64_t taps) {
    Value steps = e.add(e.mul(tile, layout.depth()), input);
    return e.add(e.add(base, offset),
                 e.mul(steps, taps * layout.stepElements()));
  }

  /// A tap of `width` rows of the tile, `distance` after their first ones; zero
  /// where a row only pads.
  Value weightOf(Value input, Value row, Value distance) {
    if (width == 1) {
      auto [real, at] = placeOf(input, row, distance);
      return e.select(real, e.load(weights, {at}), e.zero());
    }
    if (run >= kShortestRun)
      return runsOf(input, row, distance);
    auto type = VectorType::get({width}, e.b.getI32Type());
    Value places = vector::LoadOp::create(e.b, e.loc, type, offsets, row);
    Value none = arith::ConstantOp::create(e.b, e.loc, e.b.getZeroAttr(type));
    Value real = e.atMost(none, places);
    return vector::GatherOp::create(e.b, e.loc, e.vectorType(width), weights,
                                    e.add(firstOf(input), distance), places,
                                    real, e.zeroVector(width));
  }

  /// The same where rows lie together.
  Value runsOf(Value input, Value row, Value distance) {
    Value all = e.zeroVector(width);
    for (int64_t begin = 0; begin < width; begin += run) {
      auto [real, at] = placeOf(input, e.add(row, begin), distance);
      Value part =
          e.select(real, e.loadVector(run, weights, {at}), e.zeroVector(run));
      if (run == width)
        return part;
      all = vector::InsertStridedSliceOp::create(e.b, e.loc, part, all,
                                                 ArrayRef<int64_t>{begin},
                                                 ArrayRef<int64_t>{1});
    }
    return all;
  }

  Value firstOf(Value input) {
    return e.mul(e.add(firstInput, input), outputs * kernel);
  }

  /// Whether a row doesn't only pad, and where its tap lies; otherwise some
  /// place that may be read.
  std::pair<Value, Value> placeOf(Value input, Value row, Value distance) {
    Value place = e.load(offsets, {row});
    if (width > 1)
      place = arith::IndexCastOp::create(e.b, e.loc, e.b.getIndexType(), place);
    Value real = e.atMost(e.index(0), place);
    Value first = firstOf(input);
    return {real, e.select(real, e.add(e.add(first, place), distance), first)};
  }

  /// In double precision: what the weights lose here, every output loses.
  Value point(const FastFilter &filter, int64_t t, ArrayRef<Value> taps) {
    Value sum;
    for (auto [k, tap] : llvm::enumerate(taps)) {
      double factor = FastFilter::value(filter.weight(t, k));
      if (factor == 0)
        continue;
      Value wide = arith::ExtFOp::create(e.b, e.loc, numbers(f64()), tap);
      Value term =
          arith::MulFOp::create(e.b, e.loc, wide, constant(f64(), factor));
      sum =
          sum ? arith::AddFOp::create(e.b, e.loc, sum, term).getResult() : term;
    }
    return arith::TruncFOp::create(e.b, e.loc, numbers(f32()), sum);
  }

  FloatType f32() { return e.b.getF32Type(); }
  FloatType f64() { return e.b.getF64Type(); }

  Emitter &e;
  PackWeightsOp op;
  const PackedLayout &layout;
  Value offsets;
  int64_t width, run = 1; ///< of rows that are packed, and loaded, at once
  Value base, firstInput, firstOutput, weights;
  int64_t inputs, outputs, kernel;
};

} // namespace

/// Rows that a table may have: more would be a kernel of gigabytes.
static constexpr int64_t kMostTableRows = int64_t(1) << 24;
/// Rows of a tile that the packing keeps on its stack.
static constexpr int64_t kMostRows = 4096;
/// Lanes from which rows are gathered that don't lie together: AVX-512's. AVX2
/// gathers no faster than it loads one by one, and others don't at all.
static constexpr int64_t kGatherLanes = 16;

/// Rows that are packed at once. Their places are numbers of 32 bits then, from
/// an input channel's first weight on.
static int64_t widthOf(const PackedLayout &layout, MemRefType weight,
                       int64_t lanes) {
  if (layout.isCompact())
    return Compact::kLanes;
  bool fits = weight.getDimSize(1) * weight.getDimSize(2) <=
              std::numeric_limits<int32_t>::max();
  if (!fits)
    return 1;
  if (lanes >= kGatherLanes && layout.rows() % lanes == 0)
    return lanes;
  // Without gathering.
  int64_t width = std::gcd(layout.rows(), lanes);
  auto inRuns = [&](ArrayRef<PackedSection> sections) {
    return runOf(sections, width) >= kShortestRun;
  };
  bool all = layout.isFast()
                 ? llvm::all_of(layout.sections(), inRuns)
                 : llvm::all_of(layout.tapGroups(), [&](const auto &group) {
                     return inRuns(group.sections);
                   });
  return all && !layout.isSplit() ? width : 1;
}

static LogicalResult expand(PackWeightsOp op, int64_t lanes) {
  OpBuilder b(op);
  Emitter e(b, op.getLoc());
  auto weight = cast<MemRefType>(op.getWeight().getType());
  int64_t groupInputs = weight.getDimSize(0) / op.getGroups();
  PackedLayout layout(op.getDecomposition(), op.getPacking(), op.getGroups(),
                      groupInputs, weight.getDimSize(1));
  for (const PackedTapGroup &taps : layout.tapGroups())
    if (taps.sections.size() > 1 && taps.tiles > kMostTableRows / layout.rows())
      return op.emitOpError("needs a table of ")
             << taps.tiles << " tiles of " << layout.rows()
             << " rows, more than " << kMostTableRows;
  if (layout.rows() > kMostRows)
    return op.emitOpError("packs at most ")
           << kMostRows << " rows a tile, got " << layout.rows();
  int64_t width = widthOf(layout, weight, lanes);
  Type place = width == 1 ? Type(b.getIndexType()) : b.getI32Type();
  Value offsets = memref::AllocaOp::create(
      b, op.getLoc(), MemRefType::get({layout.rows()}, place));
  e.loop(op.getGroups(), [&](Value group) {
    e.loop(layout.blocks(), [&](Value block) {
      Value base = e.mul(e.add(e.mul(group, layout.blocks()), block),
                         layout.blockElements());
      SectionPacker packer(e, op, layout, offsets, width, base,
                           e.mul(group, groupInputs),
                           e.mul(block, layout.channels()));
      if (layout.isFast())
        for (const PackedSection &packed : layout.sections())
          packer.packPoints(packed);
      else
        for (const PackedTapGroup &taps : layout.tapGroups())
          packer.pack(taps);
    });
  });
  op.erase();
  return success();
}

namespace {
struct ExpandPackWeightsPass
    : tconv::impl::ExpandPackWeightsPassBase<ExpandPackWeightsPass> {
  using ExpandPackWeightsPassBase::ExpandPackWeightsPassBase;
  void runOnOperation() override {
    WalkResult result = getOperation()->walk([&](PackWeightsOp op) {
      if (op.onTensors()) {
        op.emitOpError("is expanded on buffers");
        return WalkResult::interrupt();
      }
      return failed(expand(op, lanes)) ? WalkResult::interrupt()
                                       : WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
