#include "sse-bench/stamp.hpp"

#include <cassert>
#include <cstdio>
#include <cstring>

#include "sse-bench/digits.hpp"

namespace sse::bench {
namespace {

constexpr std::size_t kTimeAt = 1, kTimeDigits = 19;
constexpr std::size_t kSeqAt = kTimeAt + kTimeDigits + 1, kSeqDigits = 8;
constexpr std::size_t kRunAt = kSeqAt + kSeqDigits + 1, kRunDigits = 4;
constexpr std::size_t kCheckAt = kRunAt + kRunDigits + 1, kCheckDigits = 8;
static_assert(kCheckAt + kCheckDigits + 1 == kStampSize);

constexpr std::string_view kPaddingAlphabet = "abcdefghijklmnopqrstuvwxyz-0123456789";  // 37

// The digits are read in eights: of the time the second eight overlap the first, and the rest.
bool read_time(const char* digits, std::uint64_t& out) noexcept {
  constexpr std::size_t kOverlap = 3 * 8 - kTimeDigits;
  std::uint64_t first = 0, second = 0, third = 0;
  if (!read_decimal8(digits, first) || !read_decimal8(digits + 8 - kOverlap, second) ||
      !read_decimal8(digits + kTimeDigits - 8, third))
    return false;
  constexpr std::uint64_t kMiddle = 1'000;  // three digits are of the middle alone
  static_assert(kOverlap == 5);
  out = (first * kMiddle + second % kMiddle) * 100'000'000 + third;
  return true;
}

bool read_seq(const char* digits, std::uint32_t& out) noexcept {
  std::uint64_t number = 0;
  if (!read_decimal8(digits, number)) return false;
  out = static_cast<std::uint32_t>(number);
  return true;
}

// The finaliser of SplitMix64: every input bit changes about half of the output.
std::uint64_t mix(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

PayloadCodec::PayloadCodec(std::size_t size, std::uint16_t run) : run_(run) {
  assert(size >= kStampSize);
  char text[kRunDigits + 1];
  std::snprintf(text, sizeof text, "%04x", static_cast<unsigned>(run));
  std::memcpy(run_text_.data(), text, run_text_.size());
  padding_.resize(size - kStampSize);
  for (std::size_t i = 0; i < padding_.size(); ++i)
    padding_[i] = kPaddingAlphabet[i % kPaddingAlphabet.size()];
}

std::uint32_t PayloadCodec::checksum(const Stamp& stamp) const noexcept {
  const std::uint64_t key = (static_cast<std::uint64_t>(run_) << 32 | stamp.seq) + size();
  return static_cast<std::uint32_t>(mix(stamp.sent_ns ^ mix(key)));
}

std::string PayloadCodec::encode(const Stamp& stamp) const {
  assert(stamp.seq <= kStampSeqMax);
  char text[kStampSize + 1];
  std::snprintf(text, sizeof text,
                "@%019llu:%08u:%04x.%08x:", static_cast<unsigned long long>(stamp.sent_ns),
                stamp.seq, static_cast<unsigned>(run_), checksum(stamp));
  return text + padding_;
}

PayloadCodec::Reading PayloadCodec::decode(std::string_view text, Stamp& out) const noexcept {
  if (text.size() < kStampSize || text[0] != '@' ||
      std::memcmp(text.data() + kRunAt, run_text_.data(), kRunDigits) != 0)
    return Reading::foreign;
  const bool valid =
      read_time(text.data() + kTimeAt, out.sent_ns) && read_seq(text.data() + kSeqAt, out.seq) &&
      text[kSeqAt - 1] == ':' && text[kRunAt - 1] == ':' && text[kCheckAt - 1] == '.' &&
      text[kStampSize - 1] == ':' && load8(text.data() + kCheckAt) == hex8(checksum(out));
  return valid ? Reading::valid : Reading::corrupt;
}

}  // namespace sse::bench
