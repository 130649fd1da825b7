// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The hand schedule: where the loops go, and in what order, for each kind of
// plan. Its numbers are the plan's.
#include "compiler/Halide/Pipeline.h"

#include <algorithm>
#include <sstream>

using namespace mlir::tconv::halide;
using Halide::Func;
using Halide::MemoryType;
using Halide::TailStrategy;
using Halide::Var;

namespace {

/// Phases up to which their stores are interleaved in registers.
constexpr int64_t kMostInterleaved = 16;

/// Channels of a chunk whose stores are unrolled.
constexpr int64_t kMostUnrolledChannels = 8;
/// Lanes of panels whose reader needs no whole vectors, or of whose rows much
/// is an end: where x ends it is gathered, lane by lane.
constexpr int kPanelLanes = 4;

int number(int64_t value) { return static_cast<int>(value); }

/// The largest power of two that divides `value`, `most` at most.
int64_t powerDividing(int64_t value, int64_t most) {
  int64_t power = 1;
  while (2 * power <= most && value % (2 * power) == 0)
    power *= 2;
  return power;
}

class HandSchedule {
public:
  explicit HandSchedule(Pipeline &pipeline)
      : s(pipeline), plan(pipeline.plan), lanes(number(plan.lanes)) {}

  std::string apply() {
    Halide::OutputImageParam out = s.y.output_buffer();
    int stride = number(s.phases.stride), tile = number(plan.tile);
    // y itself, or a buffer with the same order of its elements.
    out.dim(0).set_bounds(0, stride).set_stride(1);
    out.dim(1).set_bounds(0, tile).set_stride(stride);
    out.dim(2).set_min(0).set_stride(stride * tile);
    out.dim(3).set_min(0);
    s.y.bound(s.p, 0, stride).bound(s.qi, 0, tile);
    line() << "y.bound(p, 0, " << stride << ").bound(qi, 0, " << tile << ")";
    if (plan.kind == Kind::positions || plan.kind == Kind::rows)
      tiled();
    else
      straight();
    return text.str();
  }

private:
  std::ostream &line() {
    text << (text.tellp() > 0 ? ";\n" : "");
    return text;
  }

  /// Sums in register tiles, kept in a buffer for a chunk of channels.
  void tiled() {
    bool rows = plan.kind == Kind::rows;
    // The panels of a block, for all channels of the call.
    // Along the rows x is read one by one.
    int wide = rows ? std::min(lanes, kPanelLanes) : lanes;
    s.panel.compute_root().reorder_storage(s.q, s.c).vectorize(
        s.q, wide, TailStrategy::RoundUp);
    line() << "panel.compute_root().vectorize(q, " << wide << ")";
    if (plan.panelPerTile) {
      s.panel.bound_storage(s.qt, number(plan.tiles));
      line() << "panel.bound_storage(qt, " << plan.tiles << ")";
    } else {
      int64_t most =
          plan.positions() + s.phases.maxShift - s.phases.minShift + lanes;
      s.panel.bound_storage(s.q, number(most));
      line() << "panel.bound_storage(q, " << most << ")";
    }
    Var oo("oo"), oi("oi");
    s.y.split(s.o, oo, oi, number(plan.chunk), TailStrategy::GuardWithIf);
    line() << "y.split(o, oo, oi, " << plan.chunk << ")";
    if (rows)
      storeRows(oo, oi);
    else
      storePositions({oi, s.qt, oo});
    for (Pipeline::Sum &sum : s.sums) {
      sum.block.compute_at(s.y, oo)
          .bound_storage(s.qt, number(plan.tiles))
          .reorder(s.qi, s.ri, s.qt, s.rt);
      line() << sum.block.name() << ".compute_at(y, oo).bound_storage(qt, "
             << plan.tiles << ")";
      if (rows)
        sum.block.bound(s.ri, 0, number(plan.rows))
            .reorder(s.ri, s.qi, s.qt, s.rt)
            .vectorize(s.ri, lanes)
            .unroll(s.ri)
            .unroll(s.qi);
      else
        sum.block.bound(s.ri, 0, number(plan.rows))
            .vectorize(s.qi, lanes)
            .unroll(s.qi)
            .unroll(s.ri);
      line() << sum.block.name() << ".reorder("
             << (rows ? "ri, qi, qt, rt" : "qi, ri, qt, rt") << ").vectorize("
             << (rows ? "ri" : "qi") << ", " << lanes
             << ").unroll(qi).unroll(ri)";
      tile(sum, rows ? s.ri : s.qi, rows ? s.qi : s.ri, sum.block, s.qt);
    }
  }

  /// A register tile: vectors along `vector`, copies of them along `copies`.
  void tile(Pipeline::Sum &sum, const Var &vector, const Var &copies,
            Func &consumer, const Var &at) {
    sum.tile.compute_at(consumer, at)
        .store_in(MemoryType::Register)
        .vectorize(vector, lanes)
        .unroll(vector)
        .unroll(copies);
    sum.tile.update()
        .reorder(vector, copies, sum.taps.x, sum.taps.y)
        .vectorize(vector, lanes)
        .unroll(vector)
        .unroll(copies);
    std::string name = sum.tile.name();
    line() << name << ".compute_at(" << consumer.name() << ", " << at.name()
           << ").store_in(Register)";
    for (const char *stage : {"", ".update()"})
      line() << name << stage << ".vectorize(" << vector.name() << ", " << lanes
             << ").unroll(" << vector.name() << ").unroll(" << copies.name()
             << ")";
    // Along the rows, neighbouring taps read the same x, which LLVM would keep
    // in registers that the sums need.
    if (sum.unrolled > 1 && plan.kind != Kind::rows) {
      sum.tile.update().unroll(sum.taps.x);
      line() << name << ".update().unroll(" << sum.taps.x.name() << ")";
    }
  }

  /// Stores along the positions, the phases interleaved where they are few.
  void storePositions(const std::vector<Var> &outer) {
    Var ql("ql");
    s.y.split(s.qi, s.qi, ql, lanes);
    std::vector<Halide::VarOrRVar> order = {ql, s.p, s.qi};
    for (const Var &var : outer)
      order.emplace_back(var);
    s.y.reorder(order).vectorize(ql);
    line() << "y.split(qi, qi, ql, " << lanes << ").reorder(ql, p, qi";
    for (const Var &var : outer)
      text << ", " << var.name();
    text << ").vectorize(ql)";
    if (s.phases.stride <= kMostInterleaved) {
      s.y.unroll(s.p);
      line() << "y.unroll(p)";
    }
  }

  /// Stores along the phases, as many as lie beside each other in the sums.
  void storeRows(const Var &oo, const Var &oi) {
    s.y.reorder(s.p, oi, s.qi, s.qt, oo);
    line() << "y.reorder(p, oi, qi, qt, oo)";
    // Where a channel's rows lie in the tiles is known then.
    if (plan.chunk <= kMostUnrolledChannels) {
      s.y.unroll(oi);
      line() << "y.unroll(oi)";
    }
    int64_t together = 1;
    if (s.sums.size() == 1 &&
        s.phases.sections[0].phases.size() == size_t(s.phases.stride))
      together = powerDividing(s.phases.stride, lanes);
    if (together > 1) {
      s.y.vectorize(s.p, number(together));
      line() << "y.vectorize(p, " << together << ")";
    } else if (s.phases.stride <= kMostInterleaved) {
      s.y.unroll(s.p);
      line() << "y.unroll(p)";
    }
  }

  /// Without panels: a row of x with its borders, then sums straight into y.
  void straight() {
    // Narrow vectors lose less in between than they gain at a row's ends.
    int narrow = std::min(lanes, kPanelLanes);
    s.panel.compute_at(s.y, s.g).vectorize(s.q, narrow, TailStrategy::RoundUp);
    int64_t most =
        plan.positions() + s.phases.maxShift - s.phases.minShift + lanes;
    s.panel.bound_storage(s.q, number(most));
    line() << "panel.compute_at(y, g).vectorize(q, " << narrow
           << ").bound_storage(q, " << most << ")";
    if (plan.kind == Kind::filter) {
      storePositions({s.qt, s.o, s.g});
      // Sums whose places are known stay in registers.
      s.y.unroll(s.qi);
      line() << "y.unroll(qi)";
      for (Pipeline::Sum &sum : s.sums)
        tile(sum, s.qi, s.j, s.y, s.qt);
      return;
    }
    Var ql("ql");
    s.y.split(s.qi, s.qi, ql, lanes)
        .reorder(ql, s.qi, s.p, s.qt, s.o, s.g)
        .vectorize(ql)
        .unroll(s.qi);
    line() << "y.split(qi, qi, ql, " << lanes
           << ").reorder(ql, qi, p, qt, o, g).vectorize(ql).unroll(qi)";
    Pipeline::Sum &sum = s.sums.front();
    sum.tile.compute_at(s.y, s.p)
        .store_in(MemoryType::Register)
        .vectorize(s.qi, lanes)
        .unroll(s.qi);
    sum.tile.update()
        .reorder(s.qi, sum.taps.x, sum.taps.y)
        .vectorize(s.qi, lanes)
        .unroll(s.qi);
    line() << "tile0.compute_at(y, p).store_in(Register)";
    for (const char *stage : {"", ".update()"})
      line() << "tile0" << stage << ".vectorize(qi, " << lanes
             << ").unroll(qi)";
  }

  Pipeline &s;
  const Plan &plan;
  int lanes;
  std::ostringstream text;
};

} // namespace

std::string mlir::tconv::halide::scheduleByHand(Pipeline &pipeline) {
  return HandSchedule(pipeline).apply() + ";\n";
}
