#include "sse-bench/stamp.hpp"

#include <cassert>
#include <charconv>
#include <cstdio>

namespace sse::bench {
namespace {

constexpr std::size_t kTimeAt = 1, kTimeDigits = 19;
constexpr std::size_t kSeqAt = kTimeAt + kTimeDigits + 1, kSeqDigits = 8;
constexpr std::size_t kRunAt = kSeqAt + kSeqDigits + 1, kRunDigits = 4;
constexpr std::size_t kCheckAt = kRunAt + kRunDigits + 1, kCheckDigits = 8;
static_assert(kCheckAt + kCheckDigits + 1 == kStampSize);

constexpr std::string_view kPaddingAlphabet = "abcdefghijklmnopqrstuvwxyz-0123456789";  // 37

template <class T>
bool read_number(std::string_view digits, int base, T& out) noexcept {
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), out, base);
  return error == std::errc{} && end == digits.data() + digits.size();
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
  run_text_ = text;
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
                "@%019llu:%08u:%s.%08x:", static_cast<unsigned long long>(stamp.sent_ns), stamp.seq,
                run_text_.c_str(), checksum(stamp));
  return text + padding_;
}

PayloadCodec::Reading PayloadCodec::decode(std::string_view text, Stamp& out) const noexcept {
  if (text.size() < kStampSize || text[0] != '@' || text.substr(kRunAt, kRunDigits) != run_text_)
    return Reading::foreign;
  std::uint32_t check = 0;
  const bool valid = read_number(text.substr(kTimeAt, kTimeDigits), 10, out.sent_ns) &&
                     read_number(text.substr(kSeqAt, kSeqDigits), 10, out.seq) &&
                     read_number(text.substr(kCheckAt, kCheckDigits), 16, check) &&
                     text[kSeqAt - 1] == ':' && text[kRunAt - 1] == ':' &&
                     text[kCheckAt - 1] == '.' && text[kStampSize - 1] == ':' &&
                     check == checksum(out);
  return valid ? Reading::valid : Reading::corrupt;
}

}  // namespace sse::bench
