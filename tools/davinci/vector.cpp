// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic of the vector unit, element by element.
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <vector>

#include "davinci/instructions.h"
#include "davinci/vector_layout.h"
#include "ptx/formats.h"

namespace tconv::davinci {
namespace {

using Words = const uint64_t *;
using Binary = double (*)(double, double);
using Unary = double (*)(double);

bool aligned(Core &core, const VectorOperand &operand) {
  return core.expectAligned(Space::UB, operand.address, kBlock, Pipe::Vector);
}

/// Whether no repeat reads what an earlier one of the instruction writes: they
/// are under way together. Sums into one place, repeat by repeat, are allowed.
bool repeatsAreApart(Core &core, const VectorOperand &to,
                     const VectorOperand &source, const VectorShape &shape) {
  bool sameStart = to.address == source.address;
  bool isSum = to.repeatStride == 0 && source.repeatStride == 0;
  bool inPlace = to.repeatStride == source.repeatStride &&
                 to.blockStride == source.blockStride &&
                 to.size() == source.size() && to.repeatStride != 0;
  if (sameStart && (isSum || inPlace))
    return true;
  auto end = [&](const VectorOperand &one) {
    uint64_t blocks =
        (shape.repeats - 1) * one.repeatStride + 7 * one.blockStride + 1;
    return one.address + blocks * kBlock;
  };
  if (shape.repeats < 2 || end(to) <= source.address ||
      end(source) <= to.address)
    return true;
  std::set<uint64_t> written; // blocks, by earlier repeats
  for (uint64_t repeat = 0; repeat < shape.repeats; ++repeat) {
    for (uint64_t element = 0; element < shape.perRepeat; ++element) {
      uint64_t at = source.at(repeat, element);
      if (shape.isActive(repeat, element) && written.count(at / kBlock))
        return core.expect(false, FindingKind::PipeRace, Pipe::Vector, at,
                           "a repeat reads what an earlier one of the same "
                           "instruction may still be writing");
    }
    for (uint64_t element = 0; element < shape.perRepeat; ++element)
      if (shape.isActive(repeat, element))
        written.insert(to.at(repeat, element) / kBlock);
  }
  return true;
}

/// Runs `compute(repeat, element) -> double` on what is active and stores it;
/// sources are read before anything of a repeat is stored.
/// @param store (address, value)
template <typename Compute, typename Store>
void apply(Core &core, const VectorOperand &to,
           std::vector<VectorOperand> sources, const VectorShape &shape,
           Compute compute, Store store) {
  bool good = aligned(core, to);
  for (const VectorOperand &source : sources)
    good &= aligned(core, source);
  if (!good)
    return;
  core.beginRegions(Pipe::Vector);
  for (const VectorOperand &source : sources)
    good = good && addOperand(core, source, shape, false);
  good = good && addOperand(core, to, shape, true);
  if (!good)
    return;
  for (const VectorOperand &source : sources)
    repeatsAreApart(core, to, source, shape);
  uint64_t bytes = shape.repeats * shape.perRepeat * to.size();
  core.issue(
      costOfVector(shape.repeats), bytes,
      [=, &core, sources = std::move(sources)] {
        LocalMemory &ub = core.local(Space::UB);
        std::vector<double> values(shape.perRepeat);
        std::vector<uint8_t> poison(shape.perRepeat);
        for (uint64_t repeat = 0; repeat < shape.repeats; ++repeat) {
          for (uint64_t element = 0; element < shape.perRepeat; ++element) {
            if (!shape.isActive(repeat, element))
              continue;
            double in[2] = {};
            bool isPoison = false;
            for (size_t source = 0; source < sources.size(); ++source) {
              uint64_t at = sources[source].at(repeat, element);
              in[source] = loadElement(ub.data(at), sources[source].type);
              isPoison |= ub.isPoison(at, elementBytes(sources[source].type));
            }
            values[element] = compute(in[0], in[1]);
            poison[element] = isPoison;
          }
          for (uint64_t element = 0; element < shape.perRepeat; ++element) {
            if (!shape.isActive(repeat, element))
              continue;
            uint64_t at = to.at(repeat, element);
            store(ub.data(at), values[element]);
            std::memset(ub.poisonOf(at), poison[element], to.size());
          }
        }
      });
}

/// dst, src0, src1, word.
void runBinary(Core &core, Words w, Element type, Binary operation) {
  uint64_t word = w[3];
  VectorOperand to = {w[0], bits(word, 0, 8), bits(word, 24, 8), type};
  VectorOperand first = {w[1], bits(word, 8, 8), bits(word, 32, 8), type};
  VectorOperand second = {w[2], bits(word, 16, 8), bits(word, 40, 8), type};
  VectorShape shape =
      VectorShape::make(core.registers, bits(word, 56, 8), to.size());
  apply(core, to, {first, second}, shape, operation,
        [type](uint8_t *at, double value) { storeElement(at, type, value); });
}

/// The operands of instructions with one source.
VectorOperand destination(uint64_t address, uint64_t word, Element type) {
  return {address, bits(word, 0, 16),
          bits(word, 32, 8) | bits(word, 52, 4) << 8, type};
}

VectorOperand source(uint64_t address, uint64_t word, Element type) {
  return {address, bits(word, 16, 16), bits(word, 40, 12), type};
}

/// dst, src, scalar, word.
void runScalar(Core &core, Words w, Element type, Binary operation) {
  uint8_t raw[8];
  std::memcpy(raw, &w[2], 8);
  double scalar = loadElement(raw, type);
  VectorOperand to = destination(w[0], w[3], type);
  VectorShape shape =
      VectorShape::make(core.registers, bits(w[3], 56, 8), to.size());
  apply(
      core, to, {source(w[1], w[3], type)}, shape,
      [=](double value, double) { return operation(value, scalar); },
      [type](uint8_t *at, double value) { storeElement(at, type, value); });
}

/// dst, src, word.
void runUnary(Core &core, Words w, Element type, Unary operation) {
  VectorOperand to = destination(w[0], w[2], type);
  VectorShape shape =
      VectorShape::make(core.registers, bits(w[2], 56, 8), to.size());
  apply(
      core, to, {source(w[1], w[2], type)}, shape,
      [=](double value, double) { return operation(value); },
      [type](uint8_t *at, double value) { storeElement(at, type, value); });
}

/// How a conversion rounds, by the letter in its name.
double roundWhole(double value, char mode) {
  switch (mode) {
  case 'a':
    return std::round(value);
  case 'f':
    return std::floor(value);
  case 'c':
    return std::ceil(value);
  case 'z':
    return std::trunc(value);
  default:
    return std::nearbyint(value);
  }
}

ptx::Rounding roundingOf(char mode) {
  switch (mode) {
  case 'a':
    return ptx::Rounding::NearestAway;
  case 'f':
    return ptx::Rounding::Down;
  case 'c':
    return ptx::Rounding::Up;
  case 'z':
    return ptx::Rounding::Zero;
  default:
    return ptx::Rounding::NearestEven;
  }
}

void storeRounded(uint8_t *at, Element type, char mode, double value) {
  if (type == Element::F16 || type == Element::BF16) {
    uint16_t half = type == Element::F16
                        ? ptx::floatToF16(value, roundingOf(mode))
                        : ptx::floatToBf16(value, roundingOf(mode));
    std::memcpy(at, &half, 2);
    return;
  }
  if (type == Element::F32)
    return storeElement(at, type, value);
  // Integers saturate; NaN is 0.
  double whole = std::isnan(value) ? 0 : roundWhole(value, mode);
  int size = 8 * elementBytes(type);
  bool isSigned =
      type == Element::S8 || type == Element::S16 || type == Element::S32;
  double least = isSigned ? -std::ldexp(1.0, size - 1) : 0;
  double most = std::ldexp(1.0, isSigned ? size - 1 : size) - 1;
  storeElement(at, type, std::fmin(std::fmax(whole, least), most));
}

struct Conversion {
  Element from = Element::F32;
  Element to = Element::F32;
  char mode = 'r';
};

/// "f322f16r.v220" and the like.
bool parseConversion(const std::string &text, Conversion &conversion) {
  std::string types = text.substr(0, text.find('.'));
  constexpr const char *kModes = "rafcz";
  if (!types.empty() && std::strchr(kModes, types.back())) {
    conversion.mode = types.back();
    types.pop_back();
  }
  for (size_t split = 1; split + 1 < types.size(); ++split)
    if (types[split] == '2' &&
        elementOf(types.substr(0, split), conversion.from) &&
        elementOf(types.substr(split + 1), conversion.to))
      return true;
  return false;
}

void convert(Core &core, Words w, const Conversion &conversion) {
  VectorOperand to = destination(w[0], w[2], conversion.to);
  VectorOperand from = source(w[1], w[2], conversion.from);
  VectorShape shape = VectorShape::make(core.registers, bits(w[2], 56, 8),
                                        std::max(to.size(), from.size()));
  // From float to float of the same width is rounding to whole numbers.
  bool isRounding = conversion.from == conversion.to;
  Element type = conversion.to;
  char mode = conversion.mode;
  apply(
      core, to, {from}, shape,
      [=](double value, double) {
        return isRounding ? roundWhole(value, mode) : value;
      },
      [=](uint8_t *at, double value) { storeRounded(at, type, mode, value); });
}

double smaller(double a, double b) {
  return std::isnan(a) || std::isnan(b) ? NAN : std::fmin(a, b);
}
double larger(double a, double b) {
  return std::isnan(a) || std::isnan(b) ? NAN : std::fmax(a, b);
}

const std::map<std::string, Binary> &binaries() {
  static const std::map<std::string, Binary> table = {
      {"VADD", [](double a, double b) { return a + b; }},
      {"VSUB", [](double a, double b) { return a - b; }},
      {"VMUL", [](double a, double b) { return a * b; }},
      {"VDIV", [](double a, double b) { return a / b; }},
      {"VMIN", smaller},
      {"VMAX", larger},
  };
  return table;
}

const std::map<std::string, Unary> &unaries() {
  static const std::map<std::string, Unary> table = {
      {"VABS", [](double a) { return std::fabs(a); }},
      {"VRELU", [](double a) { return larger(a, 0); }},
      {"VEXP", [](double a) { return std::exp(a); }},
      {"VLN", [](double a) { return std::log(a); }},
      {"VSQRT", [](double a) { return std::sqrt(a); }},
      {"VRSQRT", [](double a) { return 1 / std::sqrt(a); }},
      {"VREC", [](double a) { return 1 / a; }},
  };
  return table;
}

} // namespace

Handler makeVector(const std::string &name, int &arguments) {
  std::string stem = stemOf(name);
  std::string suffix = suffixOf(name);
  Conversion conversion;
  if (stem == "VCONV" && parseConversion(suffix, conversion)) {
    arguments = 3;
    return [conversion](Core &core, Words w) -> uint64_t {
      convert(core, w, conversion);
      return 0;
    };
  }
  Element type = Element::F32;
  if (!elementOf(suffix, type))
    return nullptr;
  auto binary = binaries().find(stem);
  if (binary != binaries().end()) {
    arguments = 4;
    return [type, run = binary->second](Core &core, Words w) -> uint64_t {
      runBinary(core, w, type, run);
      return 0;
    };
  }
  binary = stem.empty() || stem.back() != 'S'
               ? binaries().end()
               : binaries().find(stem.substr(0, stem.size() - 1));
  if (binary != binaries().end()) {
    arguments = 4;
    return [type, run = binary->second](Core &core, Words w) -> uint64_t {
      runScalar(core, w, type, run);
      return 0;
    };
  }
  auto unary = unaries().find(stem);
  if (unary == unaries().end())
    return nullptr;
  arguments = 3;
  return [type, run = unary->second](Core &core, Words w) -> uint64_t {
    runUnary(core, w, type, run);
    return 0;
  };
}

} // namespace tconv::davinci
