#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sse::pub {

/// Cuts a stream of bytes into records that each end with one byte. Linear in the input however it
/// is cut into pieces.
class RecordCutter {
 public:
  /// Takes a record, without its end, and its number from 1. The view dies on return.
  using Sink = std::function<Result<void>(std::string_view record, std::size_t number)>;

  /// `unit` names a record in messages and must outlive the cutter.
  RecordCutter(char end, std::size_t record_bytes_max, std::string_view unit)
      : end_(end), record_bytes_max_(record_bytes_max), unit_(unit) {}

  /// Hands out the records the bytes complete. Stops at the first error: one of the sink's, or a
  /// record longer than record_bytes_max.
  Result<void> feed(std::string_view bytes, const Sink& sink);
  /// At the end of the input: hands out the last record, if it had no end.
  Result<void> finish(const Sink& sink);

  std::string_view unit() const noexcept { return unit_; }

 private:
  Result<void> hand_out(std::string_view piece, const Sink& sink);
  Result<void> check_size(std::size_t more) const;

  char end_;
  std::size_t record_bytes_max_;
  std::string_view unit_;
  std::string begun_;  // a record that goes on in the next piece
  std::size_t number_ = 0;
};

}  // namespace sse::pub
