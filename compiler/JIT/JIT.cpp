// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/JIT/JIT.h"

#include "llvm/ExecutionEngine/JITLink/JITLink.h"
#include "llvm/ExecutionEngine/JITLink/aarch64.h"
#include "llvm/ExecutionEngine/JITLink/x86_64.h"
#include "llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h"
#include "llvm/ExecutionEngine/Orc/SelfExecutorProcessControl.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"

using namespace mlir::tconv;
using namespace llvm;

namespace {

/// Where the image lies while it is linked. Not 0, which ORC takes for no
/// address.
constexpr uint64_t kBase = TCONV_IMAGE_ALIGNMENT;

/// What the linker makes.
struct Linked {
  std::string bytes;
  std::vector<uint64_t> relocations;
  uint64_t codeSize = 0;
  uint32_t machine = 0;
};

/// Gives out the image's bytes: code first, then everything else, from an
/// address of the image on.
class ImageMemory : public jitlink::JITLinkMemoryManager {
public:
  explicit ImageMemory(Linked &linked) : linked(linked) {}

  void allocate(const jitlink::JITLinkDylib *, jitlink::LinkGraph &graph,
                OnAllocatedFunction onAllocated) override {
    if (!linked.bytes.empty())
      return onAllocated(createStringError("a kernel is one object"));
    jitlink::BasicLayout layout(graph);
    uint64_t size = 0;
    auto place = [&](bool code) {
      for (auto &[group, segment] : layout.segments()) {
        bool executable =
            (group.getMemProt() & orc::MemProt::Exec) != orc::MemProt::None;
        if (executable != code)
          continue;
        size = alignTo(size, segment.Alignment);
        segment.Addr = orc::ExecutorAddr(kBase + size);
        size += segment.ContentSize + segment.ZeroFillSize;
      }
    };
    place(/*code=*/true);
    linked.codeSize = size = alignTo(size, TCONV_IMAGE_ALIGNMENT);
    place(/*code=*/false);
    linked.bytes.assign(size, '\0');
    for (auto &[group, segment] : layout.segments())
      segment.WorkingMem =
          linked.bytes.data() + (segment.Addr.getValue() - kBase);
    if (Error error = layout.apply())
      return onAllocated(std::move(error));
    onAllocated(std::make_unique<InFlight>());
  }

  void deallocate(std::vector<FinalizedAlloc> allocations,
                  OnDeallocatedFunction onDeallocated) override {
    for (FinalizedAlloc &allocation : allocations)
      allocation.release();
    onDeallocated(Error::success());
  }

private:
  /// The bytes are the image's from the start: there is nothing to move.
  struct InFlight : InFlightAlloc {
    void abandon(OnAbandonedFunction onAbandoned) override {
      onAbandoned(Error::success());
    }
    void finalize(OnFinalizedFunction onFinalized) override {
      onFinalized(FinalizedAlloc(orc::ExecutorAddr(kBase)));
    }
  };

  Linked &linked;
};

/// Notes the words that hold addresses, and refuses what else would not
/// survive a move.
class RelocationRecorder : public orc::LinkGraphLinkingLayer::Plugin {
public:
  explicit RelocationRecorder(Linked &linked) : linked(linked) {}

  void modifyPassConfig(orc::MaterializationResponsibility &,
                        jitlink::LinkGraph &,
                        jitlink::PassConfiguration &config) override {
    config.PreFixupPasses.push_back(
        [this](jitlink::LinkGraph &graph) { return record(graph); });
  }
  Error notifyFailed(orc::MaterializationResponsibility &) override {
    return Error::success();
  }
  Error notifyRemovingResources(orc::JITDylib &, orc::ResourceKey) override {
    return Error::success();
  }
  void notifyTransferringResources(orc::JITDylib &, orc::ResourceKey,
                                   orc::ResourceKey) override {}

private:
  Error record(jitlink::LinkGraph &graph) {
    const Triple &triple = graph.getTargetTriple();
    if (triple.getArch() == Triple::x86_64)
      linked.machine = TCONV_IMAGE_X86_64;
    else if (triple.getArch() == Triple::aarch64)
      linked.machine = TCONV_IMAGE_AARCH64;
    else
      return createStringError("no images are made for " + triple.str());
    for (jitlink::Block *block : graph.blocks())
      for (const jitlink::Edge &edge : block->edges()) {
        if (!edge.isRelocation() || isRelative(edge.getKind()))
          continue;
        if (!isAddress(edge.getKind()))
          return createStringError(
              "an image can't hold a relocation of kind %s",
              graph.getEdgeKindName(edge.getKind()));
        linked.relocations.push_back(
            (block->getAddress() + edge.getOffset()).getValue() - kBase);
      }
    sort(linked.relocations);
    return Error::success();
  }

  bool isAddress(jitlink::Edge::Kind kind) const {
    return kind == (linked.machine == TCONV_IMAGE_X86_64
                        ? jitlink::Edge::Kind(jitlink::x86_64::Pointer64)
                        : jitlink::Edge::Kind(jitlink::aarch64::Pointer64));
  }

  /// Distances within the image. Kinds are numbers of an architecture.
  bool isRelative(jitlink::Edge::Kind kind) const {
    if (linked.machine == TCONV_IMAGE_X86_64)
      switch (kind) {
      case jitlink::x86_64::Delta64:
      case jitlink::x86_64::Delta32:
      case jitlink::x86_64::NegDelta64:
      case jitlink::x86_64::NegDelta32:
      case jitlink::x86_64::BranchPCRel32:
      case jitlink::x86_64::BranchPCRel32ToPtrJumpStub:
      case jitlink::x86_64::BranchPCRel32ToPtrJumpStubBypassable:
      case jitlink::x86_64::PCRel32:
      case jitlink::x86_64::PCRel32GOTLoadRelaxable:
      case jitlink::x86_64::PCRel32GOTLoadREXRelaxable:
        return true;
      default:
        return false;
      }
    switch (kind) {
    case jitlink::aarch64::Delta64:
    case jitlink::aarch64::Delta32:
    case jitlink::aarch64::NegDelta64:
    case jitlink::aarch64::NegDelta32:
    case jitlink::aarch64::Branch26PCRel:
    case jitlink::aarch64::CondBranch19PCRel:
    case jitlink::aarch64::LDRLiteral19:
    case jitlink::aarch64::ADRLiteral21:
    // Of pages, and images begin on one.
    case jitlink::aarch64::Page21:
    case jitlink::aarch64::PageOffset12:
      return true;
    default:
      return false;
    }
  }

  Linked &linked;
};

} // namespace

Expected<KernelImage> KernelImage::link(SmallVector<char, 0> object,
                                        StringRef symbol) {
  auto control = orc::SelfExecutorProcessControl::Create(
      nullptr, std::make_unique<orc::InPlaceTaskDispatcher>());
  if (!control)
    return control.takeError();
  orc::ExecutionSession session(std::move(*control));
  // Errors come back from the look-up; none goes to standard error.
  std::string reported;
  session.setErrorReporter([&](Error error) {
    reported += (reported.empty() ? "" : "; ") + toString(std::move(error));
  });
  Linked linked;
  ImageMemory memory(linked);
  KernelImage image;
  Error failure = [&]() -> Error {
    orc::ObjectLinkingLayer layer(session, memory);
    layer.addPlugin(std::make_shared<RelocationRecorder>(linked));
    // A kernel calls nothing outside itself: the library is all there is.
    orc::JITDylib &library = session.createBareJITDylib("kernel");
    if (Error error = layer.add(
            library, std::make_unique<SmallVectorMemoryBuffer>(
                         std::move(object), /*RequiresNullTerminator=*/false)))
      return error;
    auto found = session.lookup({&library}, session.intern(symbol));
    if (found)
      image.kernel_ = found->getAddress().getValue() - kBase;
    Error ended = session.endSession();
    return joinErrors(found ? Error::success() : found.takeError(),
                      std::move(ended));
  }();
  if (failure)
    return reported.empty()
               ? std::move(failure)
               : joinErrors(createStringError(reported), std::move(failure));
  // Addresses were those of the link; what stays are offsets.
  for (uint64_t at : linked.relocations) {
    char *word = linked.bytes.data() + at;
    support::endian::write64le(word, support::endian::read64le(word) - kBase);
  }
  image.bytes_ = std::move(linked.bytes);
  image.relocations_ = std::move(linked.relocations);
  image.codeSize_ = linked.codeSize;
  image.machine_ = linked.machine;
  return image;
}

KernelImage KernelImage::ofData(std::string bytes,
                                std::vector<uint64_t> relocations,
                                uint64_t kernel, uint32_t machine) {
  KernelImage image;
  image.bytes_ = std::move(bytes);
  image.relocations_ = std::move(relocations);
  image.kernel_ = kernel;
  image.machine_ = machine;
  return image;
}

tconv_kernel_image KernelImage::view() const {
  tconv_kernel_image view = {};
  view.struct_size = sizeof(view);
  view.machine = machine_;
  view.bytes = bytes_.data();
  view.size = bytes_.size();
  view.code_size = codeSize_;
  view.kernel = kernel_;
  view.relocations = relocations_.data();
  view.relocation_count = relocations_.size();
  return view;
}
