#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sse-bench/answer.hpp"

namespace sse::bench {

/// Reads the head of one HTTP/1.x response (RFC 9112); interim (1xx) ones are skipped.
///
/// Lenient about what the bench need not judge: line ends may be bare LF, unknown headers are
/// ignored. Used only while a stream opens, so size does not matter.
class ResponseHead {
 public:
  enum class State : std::uint8_t { reading, complete, malformed };
  static constexpr std::size_t kHeadBytesMax = 64 * 1024;

  /// Takes bytes up to the end of the head and returns how many.
  std::size_t feed(std::string_view bytes);
  State state() const noexcept { return state_; }
  bool started() const noexcept { return started_; }

  // All of these only when complete.
  const Answer& answer() const noexcept { return answer_; }
  bool chunked() const noexcept { return chunked_; }
  std::optional<std::uint64_t> content_length() const noexcept { return content_length_; }
  /// The server closes the connection after this response.
  bool close() const noexcept { return close_; }

 private:
  void parse();
  bool parse_status_line(std::string_view line);
  bool parse_header(std::string_view line);

  State state_ = State::reading;
  bool started_ = false;  ///< a byte has come, be it of an interim response
  std::string text_;
  std::size_t line_bytes_ = 0;  ///< of the line being read, without its line end
  Answer answer_;
  std::optional<std::uint64_t> content_length_;
  bool chunked_ = false;
  bool close_ = false;
};

}  // namespace sse::bench
