#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sse::bench {

/// What every published payload begins with: when it was sent and which one it is.
struct Stamp {
  std::uint64_t sent_ns = 0;  ///< CLOCK_MONOTONIC
  std::uint32_t seq = 0;      ///< 0 for the first event of the run
};

/// "@" 19 digits ":" 8 digits ":" 4 hex digits of the run "." 8 hex digits of a check sum ":".
inline constexpr std::size_t kStampSize = 44;
inline constexpr std::uint32_t kStampSeqMax = 99'999'999;

/// Writes and reads the stamps and payloads of one run. Immutable, so shared by all threads.
class PayloadCodec {
 public:
  enum class Reading : std::uint8_t { valid, foreign, corrupt };

  /// Payloads of `size` bytes, at least kStampSize. `run` tells this run's events from others'.
  PayloadCodec(std::size_t size, std::uint16_t run);

  std::size_t size() const noexcept { return kStampSize + padding_.size(); }
  /// What follows the stamp in every payload; no period of it is a power of two, so that a shifted
  /// or cut copy differs.
  std::string_view padding() const noexcept { return padding_; }

  std::string encode(const Stamp& stamp) const;
  /// Reads a stamp from the first kStampSize bytes of `text` (shorter text is foreign). Foreign: no
  /// stamp, or another run's; corrupt: this run's, but changed on the way.
  Reading decode(std::string_view text, Stamp& out) const noexcept;

 private:
  std::uint32_t checksum(const Stamp& stamp) const noexcept;

  std::uint16_t run_;
  std::array<char, 4> run_text_;
  std::string padding_;
};

}  // namespace sse::bench
