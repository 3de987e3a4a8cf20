#pragma once

#include "sse-pub/event_reader.hpp"
#include "sse-pub/record_cutter.hpp"

namespace sse::pub {

/// The whole input is the data of one event; one line end (LF or CRLF) at its very end is dropped,
/// as a shell's $(...) would.
class WholeReader final : public EventReader {
 public:
  explicit WholeReader(std::size_t event_bytes_max) : event_bytes_max_(event_bytes_max) {}
  Result<void> feed(std::string_view bytes, std::vector<OutgoingEvent>& out) override;
  Result<void> finish(std::vector<OutgoingEvent>& out) override;
  std::string_view unit() const noexcept override { return "input"; }

 private:
  std::size_t event_bytes_max_;
  std::string data_;
};

/// Each record of the input is the data of one event, also an empty one. The last may have no end.
class RecordReader final : public EventReader {
 public:
  /// Lines that end with LF or CRLF.
  static RecordReader lines(std::size_t event_bytes_max);
  /// Records that end with NUL.
  static RecordReader nulls(std::size_t event_bytes_max);

  Result<void> feed(std::string_view bytes, std::vector<OutgoingEvent>& out) override;
  Result<void> finish(std::vector<OutgoingEvent>& out) override;
  std::string_view unit() const noexcept override { return cutter_.unit(); }

 private:
  RecordReader(RecordCutter cutter, bool drop_cr) : cutter_(std::move(cutter)), drop_cr_(drop_cr) {}
  RecordCutter::Sink into(std::vector<OutgoingEvent>& out) const;

  RecordCutter cutter_;
  bool drop_cr_;
};

}  // namespace sse::pub
