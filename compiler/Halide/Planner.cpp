// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Halide/Planner.h"

#include "compiler/Schedule/Kind.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>
#include <optional>

using namespace mlir::tconv;
using namespace mlir::tconv::halide;
using ::tconv::Status;

static int64_t divideCeil(int64_t a, int64_t b) {
  return static_cast<int64_t>(llvm::divideCeil(a, b));
}

/// Sections that code tells apart; more are looked up in tables.
static constexpr size_t kMostSections = 8;
/// The same for autoschedulers, which have no tables.
static constexpr size_t kMostPlanarSections = 32;
/// Positions of a block at most: more gain nothing and would leave short layers
/// with one task.
static constexpr int64_t kMostPositions = 512;
/// The same where lanes are rows: what the length class has.
static constexpr int64_t kShortPositions = 20, kMediumPositions = 192;
/// Tasks along the rows, for threads to share.
static constexpr int64_t kRowsTasks = 8;
/// Products of a task: some 50 microseconds.
static constexpr int64_t kTaskProducts = int64_t(1) << 21;
/// Phases that a filter's registers hold at most.
static constexpr int64_t kMostFilterStride = 16;
/// Outputs of a filter's task, and its positions.
static constexpr int64_t kTaskOutputs = 65536, kMostFilterPositions = 2048,
                         kLeastFilterPositions = 128;
/// Elements of a planar block.
static constexpr int64_t kPlanarElements = int64_t(1) << 19;
static constexpr int64_t kPlanarChannels = 64;
/// Whatever is chosen, 32 bits count it.
static constexpr int64_t kMostElements = int64_t(1) << 30;

static constexpr std::pair<llvm::StringLiteral, Kind> kindNames[] = {
    {"positions", Kind::positions}, {"rows", Kind::rows},
    {"filter", Kind::filter},       {"phases", Kind::phases},
    {"planar", Kind::planar},
};

llvm::StringRef mlir::tconv::halide::kindName(Kind kind) {
  for (const auto &[name, value] : kindNames)
    if (value == kind)
      return name;
  return "";
}

static std::optional<Kind> parseKind(llvm::StringRef text) {
  for (const auto &[name, value] : kindNames)
    if (name == text)
      return value;
  return std::nullopt;
}

static Status refuse(const llvm::Twine &what) {
  return {TCONV_INVALID_VALUE, ("halide tuning: " + what).str()};
}

Status mlir::tconv::halide::parseChoice(llvm::StringRef text, Choice &choice) {
  Choice result;
  const std::pair<llvm::StringLiteral, int64_t *> numbers[] = {
      {"rows", &result.rows},     {"tile", &result.tile},
      {"tiles", &result.tiles},   {"channels", &result.channels},
      {"groups", &result.groups},
  };
  while (!text.empty()) {
    auto [field, rest] = text.split(',');
    text = rest;
    auto [name, value] = field.split('=');
    if (name == "autoscheduler") {
      if (!llvm::is_contained(
              {"Mullapudi2016", "Adams2019", "Li2018", "Anderson2021"}, value))
        return refuse("autoscheduler = '" + value.take_front(80) +
                      "': must be Mullapudi2016, Adams2019, Li2018 or "
                      "Anderson2021");
      result.autoscheduler = value.str();
      continue;
    }
    if (name == "kind") {
      if (!parseKind(value))
        return refuse("kind = '" + value.take_front(80) +
                      "': must be positions, rows, filter or phases");
      result.kind = value.str();
      continue;
    }
    auto *known = llvm::find_if(numbers, [&, name = name](const auto &one) {
      return one.first == name;
    });
    if (known == std::end(numbers))
      return refuse("unknown field '" + name.take_front(80) +
                    "'; there are autoscheduler, kind, rows, tile, tiles, "
                    "channels, groups");
    if (value.getAsInteger(10, *known->second) || *known->second < 1 ||
        *known->second > std::numeric_limits<int32_t>::max())
      return refuse(name + " = '" + value.take_front(80) +
                    "': must be a number from 1 to 2147483647");
  }
  choice = std::move(result);
  return Status::ok();
}

namespace {

class Planner {
public:
  Planner(const Phases &phases, const Machine &machine,
          tconv_length_class lengthClass, const Choice &choice, bool gpu)
      : phases(phases), machine(machine), lengthClass(lengthClass),
        choice(choice), gpu(gpu) {
    plan.lanes = machine.lanes;
    span = phases.maxShift - phases.minShift;
    for (const Section &section : phases.sections)
      taps += section.taps * static_cast<int64_t>(section.phases.size());
  }

  Plan make(Kind kind) {
    plan.kind = kind;
    switch (kind) {
    case Kind::positions:
      alongPositions();
      break;
    case Kind::rows:
      alongRows();
      break;
    case Kind::filter:
      filter();
      break;
    case Kind::phases:
      tables();
      break;
    case Kind::planar:
      planar();
      break;
    }
    return plan;
  }

private:
  /// What was chosen, else the model's.
  static int64_t given(int64_t chosen, int64_t model) {
    return chosen ? chosen : std::max<int64_t>(model, 1);
  }

  /// The fewest channels whose rows fill whole tiles in every section.
  int64_t channelsOfWholeTiles() const {
    int64_t channels = 1;
    for (const Section &section : phases.sections) {
      auto count = static_cast<int64_t>(section.phases.size());
      channels = std::lcm(channels, plan.rows / std::gcd(plan.rows, count));
    }
    return channels;
  }

  int64_t paddedColumns(int64_t columns) const {
    return divideCeil(columns + span, plan.lanes) * plan.lanes;
  }

  /// Chunks that make a task worth its while.
  void chooseTaskChannels() {
    plan.chunk = channelsOfWholeTiles();
    int64_t products = taps * phases.inputs * plan.positions();
    int64_t model = divideCeil(kTaskProducts, std::max<int64_t>(products, 1));
    // Where most tiles are the last ones of y, which are computed a task's
    // channels at a time, every task packs x again.
    if (plan.kind == Kind::rows)
      model = std::max(model, divideCeil(phases.outputs, kRowsTasks));
    int64_t channels = given(choice.channels, model);
    channels = divideCeil(channels, plan.chunk) * plan.chunk;
    // Parts of one size, as far as chunks allow.
    int64_t parts = divideCeil(phases.outputs, channels);
    channels =
        divideCeil(divideCeil(phases.outputs, parts), plan.chunk) * plan.chunk;
    plan.channels = std::min(channels, phases.outputs);
  }

  void alongPositions() {
    bool many = machine.registers >= 32, wide = plan.lanes > 4;
    plan.rows = given(choice.rows, many ? 8 : wide ? 4 : 6);
    plan.tile = given(choice.tile, (many || wide ? 3 : 2) * plan.lanes);
    // One panel for each tile keeps reads contiguous, as long as what panels
    // have in common is the lesser part.
    plan.panelPerTile = span <= plan.tile;
    // The panels of a block take half of L2: every tile of rows reads them. A
    // large one is better left to the weights and sums of all inputs.
    int64_t part = machine.l2Bytes >= kLargeL2Bytes ? 16 : 2;
    int64_t share = machine.l2Bytes / part / int64_t(sizeof(float));
    int64_t columns = share / phases.inputs;
    int64_t tiles = plan.panelPerTile ? columns / paddedColumns(plan.tile)
                                      : (columns - span) / plan.tile;
    plan.tiles =
        given(choice.tiles, std::min(tiles, kMostPositions / plan.tile));
    chooseTaskChannels();
  }

  void alongRows() {
    bool many = machine.registers >= 32;
    bool few =
        lengthClass == TCONV_LENGTH_SHORT || lengthClass == TCONV_LENGTH_STEP;
    // Weights are the traffic where positions are few: then tiles are high.
    int64_t vectors = few ? (many ? 4 : 3) : (many ? 3 : 2);
    plan.rows = given(choice.rows, vectors * plan.lanes);
    plan.tile = given(choice.tile, few ? (many ? 5 : 4) : (many ? 8 : 6));
    plan.panelPerTile = span <= plan.tile;
    plan.tiles =
        given(choice.tiles,
              divideCeil(few ? kShortPositions : kMediumPositions, plan.tile));
    chooseTaskChannels();
  }

  void filter() {
    plan.rows = 1;
    // As many as hide the latency of one: smaller tiles lose less at both ends.
    int64_t sums = 8;
    int64_t vectors = std::max<int64_t>(sums / phases.stride, 1);
    plan.tile = given(choice.tile, vectors * plan.lanes);
    straightTasks();
  }

  void tables() {
    plan.rows = 1;
    plan.tile = given(choice.tile, 2 * plan.lanes);
    straightTasks();
    // Tables know the channels of a whole group.
    plan.channels = phases.outputs;
  }

  /// What the output channels of a group read of x takes half of L1.
  void straightTasks() {
    int64_t inL1 = machine.l1Bytes / 2 / int64_t(sizeof(float)) / phases.inputs;
    int64_t positions = std::clamp(std::min(inL1, kTaskOutputs / phases.stride),
                                   kLeastFilterPositions, kMostFilterPositions);
    plan.tiles = given(choice.tiles, divideCeil(positions, plan.tile));
    int64_t rows =
        std::max<int64_t>(kTaskOutputs / phases.stride / plan.positions(), 1);
    plan.channels = std::min(given(choice.channels, rows), phases.outputs);
    plan.groups = 1;
    if (plan.channels == phases.outputs)
      plan.groups =
          std::min(given(choice.groups, rows / phases.outputs), phases.groups);
  }

  /// The largest divisor of `whole`, `most` at most.
  static int64_t divisor(int64_t whole, int64_t most) {
    for (int64_t part = std::min(whole, most); part > 1; --part)
      if (whole % part == 0)
        return part;
    return 1;
  }

  void planar() {
    plan.autoscheduler = choice.autoscheduler;
    plan.rows = 1;
    int64_t positions = lengthClass == TCONV_LENGTH_STEP     ? 4
                        : lengthClass == TCONV_LENGTH_SHORT  ? 16
                        : lengthClass == TCONV_LENGTH_MEDIUM ? 64
                                                             : 256;
    plan.tile = plan.lanes;
    plan.tiles =
        given(choice.tiles,
              std::min(divideCeil(positions, plan.lanes),
                       std::max<int64_t>(
                           kPlanarElements / phases.stride / plan.lanes, 1)));
    if (gpu) { // of any size, all of it in one launch
      plan.channels = phases.outputs;
      plan.groups = phases.groups;
      return;
    }
    int64_t rows = std::clamp<int64_t>(
        kPlanarElements / phases.stride / plan.positions(), 1, kPlanarChannels);
    plan.channels = divisor(phases.outputs, given(choice.channels, rows));
    plan.groups = 1;
    if (plan.channels == phases.outputs)
      plan.groups =
          divisor(phases.groups, given(choice.groups, rows / phases.outputs));
  }

  const Phases &phases;
  const Machine &machine;
  tconv_length_class lengthClass;
  const Choice &choice;
  bool gpu;
  int64_t span = 0, taps = 0; // taps of all phases
  Plan plan;
};

/// Whether a number of elements of the pipeline's buffers fits 32 bits.
bool fits(std::initializer_list<int64_t> factors) {
  int64_t product = 1;
  for (int64_t factor : factors)
    if (llvm::MulOverflow(product, factor, product))
      return false;
  return product <= kMostElements;
}

Status check(const Phases &phases, const Plan &plan) {
  bool tiled = plan.kind == Kind::positions || plan.kind == Kind::rows;
  int64_t inLanes = plan.kind == Kind::rows ? plan.rows : plan.tile;
  if (inLanes % plan.lanes != 0)
    return refuse(
        llvm::StringRef(plan.kind == Kind::rows ? "rows = " : "tile = ") +
        llvm::Twine(inLanes) + ": must be a multiple of the " +
        llvm::Twine(plan.lanes) + " lanes of a vector");
  int64_t vectors = plan.kind == Kind::rows
                        ? plan.rows / plan.lanes * plan.tile
                        : plan.tile / plan.lanes * plan.rows;
  if (tiled && vectors > 64)
    return refuse("rows = " + llvm::Twine(plan.rows) +
                  ", tile = " + llvm::Twine(plan.tile) +
                  ": a register tile has at most 64 vectors");
  int64_t span = phases.maxShift - phases.minShift;
  int64_t columns = plan.positions() + span + 2 * plan.lanes;
  if (tiled && plan.panelPerTile)
    columns = plan.tiles * (plan.tile + span + plan.lanes);
  if (!fits({phases.stride, plan.positions(), plan.channels, plan.groups}) ||
      !fits({columns, phases.inputs, plan.groups}) ||
      !fits({phases.stride, plan.positions(), plan.chunk}))
    return {TCONV_UNSUPPORTED, "halide: a block of " +
                                   std::to_string(plan.positions()) +
                                   " positions has more elements than 2^30"};
  if (phases.maxShift > kMostElements || phases.minShift < -kMostElements ||
      !fits({groupElements(phases, plan.rows), plan.groups}))
    return {TCONV_UNSUPPORTED,
            "halide: the layer's taps or weights span more than 2^30 elements"};
  return Status::ok();
}

} // namespace

Status mlir::tconv::halide::makePlan(const tconv_params &params,
                                     const Phases &phases,
                                     const Machine &machine,
                                     tconv_length_class lengthClass,
                                     const Choice &choice, bool gpu,
                                     Plan &plan) {
  bool few = phases.sections.size() <= kMostSections;
  llvm::StringRef name = choice.kind;
  if (gpu != (choice.autoscheduler == "Anderson2021") &&
      !(gpu && choice.autoscheduler.empty()))
    return refuse("autoscheduler = '" + choice.autoscheduler +
                  (gpu ? "': is for CPUs only" : "': is for GPUs only"));
  if (gpu || !choice.autoscheduler.empty()) {
    if (!name.empty() && name != "planar")
      return refuse("kind = '" + name +
                    "': an autoscheduler has the kind "
                    "planar only");
    name = "planar";
  } else if (name == "planar") {
    return refuse("kind = 'planar': needs an autoscheduler");
  }
  if (name.empty())
    name = few ? chooseKind(params, lengthClass, machine.lanes) : "phases";
  std::optional<Kind> kind = parseKind(name);
  if (!kind)
    return refuse("kind = '" + name +
                  "': must be positions, rows, filter or "
                  "phases");
  if (*kind == Kind::planar) {
    if (phases.sections.size() > kMostPlanarSections)
      return {TCONV_UNSUPPORTED, "halide: autoschedulers get at most " +
                                     std::to_string(kMostPlanarSections) +
                                     " sections of phases, the layer has " +
                                     std::to_string(phases.sections.size())};
  } else if (*kind != Kind::phases && !few)
    return refuse("kind = '" + name + "': the layer has " +
                  llvm::Twine(phases.sections.size()) +
                  " sections of phases, too many for other kinds than phases");
  if (*kind == Kind::filter && phases.stride > kMostFilterStride)
    return refuse("kind = 'filter': stride = " + llvm::Twine(phases.stride) +
                  " is above " + llvm::Twine(kMostFilterStride));
  Plan made = Planner(phases, machine, lengthClass, choice, gpu).make(*kind);
  if (Status status = check(phases, made))
    return status;
  plan = std::move(made);
  return Status::ok();
}
