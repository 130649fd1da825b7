// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A layer's phases as Halide functions. Private to the files that include
// Halide's headers.
#ifndef TCONV_COMPILER_HALIDE_PIPELINE_H
#define TCONV_COMPILER_HALIDE_PIPELINE_H

#include "compiler/Halide/Plan.h"

#include "Halide.h"

namespace mlir::tconv::halide {

/// A pipeline computes a block of positions, counted from the block's first
/// one, for some output channels of a group (or of several groups), counted
/// from the first of them: whoever calls it moves the buffers' origins. So all
/// coordinates are small, and positions of x before the block are negative.
class Pipeline {
public:
  Pipeline(const Phases &phases, const Plan &plan);

  /// x, the sections' weights, the bias if there is one; y comes last.
  std::vector<Halide::Argument> arguments() const;

  const Phases phases;
  const Plan plan;

  Halide::ImageParam x; ///< (position, channel)
  /// Of each section (row of a tile, tap, input, tile), of a register tile of
  /// one row (tap, input, row, group); with tables a single one of one axis.
  std::vector<Halide::ImageParam> weights;
  Halide::ImageParam bias; ///< (channel)

  // Phase, position of a tile, tile, channel of a group, group.
  Halide::Var p{"p"}, qi{"qi"}, qt{"qt"}, o{"o"}, g{"g"};
  // Position of a panel or block, input channel of a group, row of a tile,
  // tile of rows, phase of a section.
  Halide::Var q{"q"}, c{"c"}, ri{"ri"}, rt{"rt"}, j{"j"};

  Halide::Func padded; ///< x with zeros around it
  Halide::Func panel;  ///< what a block reads of it
  struct Sum {
    Halide::Func tile, block; ///< block only where tiles are made of rows
    Halide::RDom taps;        ///< tap, input
    int64_t unrolled;         ///< its taps where they are few, else 1
  };
  std::vector<Sum> sums; ///< of each section
  Halide::Func y;

private:
  void makeTiled();
  void makeFilter();
  void makeTables();
  void makePlanar();
  Halide::Expr valueOfPhase(
      const std::function<Halide::Expr(size_t section, Halide::Expr j)> &sumOf);
  Halide::Expr withBias(Halide::Expr sum);
  Halide::ImageParam &addWeights(const Section &section, int64_t rows);
};

/// Runs of a section's phases that are equally far apart.
struct Run {
  int64_t first, step, count, firstIndex;
};
std::vector<Run> runsOf(const Section &section);

/// Applies the hand schedule of the plan; returns it in Halide's own words.
std::string scheduleByHand(Pipeline &pipeline);

/// Has the plan's autoscheduler schedule it; returns the schedule as Halide
/// prints it. Throws what Halide throws.
std::string scheduleAutomatically(Pipeline &pipeline,
                                  const Halide::Pipeline &whole,
                                  const TargetSpec &spec);

/// A block of the planar kind has one size: nothing is left to bounds that are
/// known at run time only.
void fixPlanarSizes(Pipeline &pipeline);

/// The hand schedule of the planar kind, for a GPU.
std::string scheduleForGpu(Pipeline &pipeline);

} // namespace mlir::tconv::halide

#endif // TCONV_COMPILER_HALIDE_PIPELINE_H
