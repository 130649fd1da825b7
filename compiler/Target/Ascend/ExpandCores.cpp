// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/Ascend/KernelBuilder.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_EXPANDCORESPASS
#include "compiler/Target/Ascend/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

FailureOr<AscendKernels> mlir::tconv::readCores(PhasesOp phases,
                                                StringRef symbol) {
  auto cores = phases->getAttrOfType<DictionaryAttr>(kCoresAttr);
  auto unitName = cores ? cores.getAs<StringAttr>("unit") : StringAttr();
  std::optional<AscendUnit> unit =
      unitName ? parseAscendUnit(unitName.getValue()) : std::nullopt;
  if (!unit)
    return phases.emitOpError("must be mapped to cores by "
                              "transform.tconv.map_cores to become kernels");
  AscendTile tile;
  tile.unit = *unit;
  int64_t weights = 0;
  for (auto [name, value] :
       {std::pair<StringRef, int64_t *>("rows", &tile.rows),
        {"positions", &tile.positions},
        {"depth", &tile.depth},
        {"weights", &weights},
        {"store_positions", &tile.storePositions},
        {"store_phases", &tile.storePhases},
        {"store_channels", &tile.storeChannels}}) {
    auto number = cores.getAs<IntegerAttr>(name);
    if (!number || number.getInt() < 1)
      return phases.emitOpError() << kCoresAttr << " lacks " << name;
    *value = number.getInt();
  }
  tile.stationary = weights == 2;
  if (phases.getGroupInputs() % tile.depth != 0)
    return phases.emitOpError("has ")
           << phases.getGroupInputs()
           << " input channels in a group, which a depth of " << tile.depth
           << " does not divide";
  Type element = cast<ShapedType>(phases.getX().getType()).getElementType();
  return AscendKernels{AscendLayout(phases.getDecomposition(),
                                    phases.getGroups(), phases.getGroupInputs(),
                                    phases.getGroupOutputs()),
                       tile,
                       element,
                       static_cast<bool>(phases.getBias()),
                       phases.getLoc(),
                       symbol.str()};
}

namespace {

struct ExpandCoresPass
    : mlir::tconv::impl::ExpandCoresPassBase<ExpandCoresPass> {
  using ExpandCoresPassBase::ExpandCoresPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto layer = module.lookupSymbol<func::FuncOp>("layer");
    PhasesOp phases;
    if (layer)
      layer.walk([&](PhasesOp op) { phases = op; });
    if (!phases) {
      module.emitError("needs a function layer with tconv.phases in it");
      return signalPassFailure();
    }
    FailureOr<AscendKernels> kernels = readCores(phases, symbol);
    if (failed(kernels))
      return signalPassFailure();
    layer.erase();
    buildPackKernel(module, *kernels);
    buildEdgeKernel(module, *kernels);
    buildProductKernel(module, *kernels);
    buildStoreKernel(module, *kernels);
  }
};

} // namespace
