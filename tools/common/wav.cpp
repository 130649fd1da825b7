// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "common/arrays.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include <sndfile.h>

namespace tconv::tools {
namespace {

struct CloseSound {
  void operator()(SNDFILE *file) const { sf_close(file); }
};
using Sound = std::unique_ptr<SNDFILE, CloseSound>;

Status damaged(const std::string &path, const std::string &what) {
  return Status(TCONV_INVALID_VALUE, "WAV file '" + path + "' " + what);
}

uint32_t littleEndian(const unsigned char *bytes) {
  return bytes[0] | static_cast<uint32_t>(bytes[1]) << 8 |
         static_cast<uint32_t>(bytes[2]) << 16 |
         static_cast<uint32_t>(bytes[3]) << 24;
}

/// libsndfile reads a file that is cut short as one that is shorter, without a
/// word; so its chunks are walked here first.
Status checkChunks(const std::string &path, std::istream &file,
                   uint64_t fileSize) {
  unsigned char riff[12];
  file.read(reinterpret_cast<char *>(riff), sizeof(riff));
  if (!file || std::memcmp(riff, "RIFF", 4) != 0 ||
      std::memcmp(riff + 8, "WAVE", 4) != 0)
    return damaged(path, "is not a RIFF WAVE file");
  uint64_t offset = sizeof(riff);
  while (fileSize - offset >= 8) {
    unsigned char chunk[8];
    file.seekg(static_cast<int64_t>(offset));
    file.read(reinterpret_cast<char *>(chunk), sizeof(chunk));
    if (!file)
      return damaged(path, "cannot be read to its end");
    uint64_t size = littleEndian(chunk + 4);
    uint64_t there = fileSize - offset - 8;
    bool data = std::memcmp(chunk, "data", 4) == 0;
    // What espeak-ng, sox and ffmpeg write where they can't go back.
    bool pipe = size == 0xffffffff || size == 0x7fffffff || size == 0x7ffff000;
    if (size > there && !(data && pipe))
      return damaged(path, "is cut short: its header promises " +
                               std::to_string(size) +
                               " bytes of sound or notes, " +
                               std::to_string(there) + " are there");
    if (data)
      return Status::ok();
    // Chunks start at even offsets.
    offset += 8 + size + size % 2;
    if (offset > fileSize)
      break;
  }
  return damaged(path, "is cut short: it has no sound");
}

} // namespace

Status readWav(const std::string &path, Array &samples, int64_t &rate) {
  std::error_code error;
  uintmax_t size = std::filesystem::file_size(path, error);
  if (error)
    return Status(TCONV_NOT_FOUND,
                  "cannot open WAV file '" + path + "': " + error.message());
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return Status(TCONV_NOT_FOUND, "cannot open WAV file '" + path +
                                       "': " + std::strerror(errno));
  if (Status status = checkChunks(path, file, size))
    return status;

  SF_INFO info = {};
  Sound sound(sf_open(path.c_str(), SFM_READ, &info));
  if (!sound)
    return damaged(path,
                   std::string("cannot be read: ") + sf_strerror(nullptr));
  // A frame takes at least a few bits; more frames than bits is nonsense that
  // would only be noticed when the memory is gone.
  if (info.channels < 1 || info.frames < 0 ||
      static_cast<uint64_t>(info.frames) > size * 8)
    return damaged(path, "has a header that makes no sense");
  auto channels = static_cast<size_t>(info.channels);
  auto frames = static_cast<size_t>(info.frames);
  std::vector<float> interleaved(channels * frames);
  sf_count_t got = sf_readf_float(sound.get(), interleaved.data(), info.frames);
  if (got != info.frames)
    return damaged(path, "is cut short: its header promises " +
                             std::to_string(info.frames) + " frames, " +
                             std::to_string(got) + " can be read");
  Array read;
  read.shape = {info.channels, info.frames};
  read.values.resize(interleaved.size());
  for (size_t channel = 0; channel < channels; ++channel)
    for (size_t frame = 0; frame < frames; ++frame)
      read.values[channel * frames + frame] =
          interleaved[frame * channels + channel];
  samples = std::move(read);
  rate = info.samplerate;
  return Status::ok();
}

Status writeWav(const std::string &path, const Array &samples, int64_t rate) {
  int64_t channels = samples.shape[0], frames = samples.shape[1];
  // Both are limits of the format or of libsndfile.
  if (channels > 1024)
    return Status(TCONV_INVALID_VALUE, "cannot write '" + path +
                                           "': " + std::to_string(channels) +
                                           " channels; WAV takes up to 1024");
  if (channels * frames > (int64_t{1} << 30) - 1024)
    return Status(TCONV_INVALID_VALUE,
                  "cannot write '" + path + "': more than 4 GiB of samples");
  std::vector<float> interleaved(samples.values.size());
  for (int64_t channel = 0; channel < channels; ++channel)
    for (int64_t frame = 0; frame < frames; ++frame)
      interleaved[static_cast<size_t>(frame * channels + channel)] =
          samples.values[static_cast<size_t>(channel * frames + frame)];
  return writeWhole(path, [&](const std::string &temporary) {
    SF_INFO info = {};
    info.channels = static_cast<int>(channels);
    info.samplerate = static_cast<int>(rate);
    info.format = SF_FORMAT_WAV | SF_FORMAT_FLOAT;
    Sound sound(sf_open(temporary.c_str(), SFM_WRITE, &info));
    if (!sound)
      return Status(TCONV_NOT_FOUND,
                    "cannot write '" + path + "': " + sf_strerror(nullptr));
    // The PEAK chunk holds the time of writing: the same samples would not
    // give the same bytes.
    sf_command(sound.get(), SFC_SET_ADD_PEAK_CHUNK, nullptr, SF_FALSE);
    sf_count_t put = sf_writef_float(sound.get(), interleaved.data(), frames);
    int failure = sf_close(sound.release());
    if (put != frames || failure != 0)
      return Status(TCONV_NOT_FOUND,
                    "cannot write '" + path + "': " +
                        (failure != 0 ? sf_error_number(failure)
                                      : "not all frames could be written"));
    return Status::ok();
  });
}

} // namespace tconv::tools
