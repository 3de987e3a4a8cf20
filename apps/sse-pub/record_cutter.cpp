#include "sse-pub/record_cutter.hpp"

#include "base/units.hpp"

namespace sse::pub {

Result<void> RecordCutter::check_size(std::size_t more) const {
  if (more <= record_bytes_max_ - begun_.size()) return {};
  return fail(std::string(unit_) + " " + std::to_string(number_ + 1) + ": longer than " +
              format_size(record_bytes_max_) + " (--event-bytes-max)");
}

Result<void> RecordCutter::hand_out(std::string_view piece, const Sink& sink) {
  if (auto fits = check_size(piece.size()); !fits) return fits;
  ++number_;
  if (begun_.empty()) return sink(piece, number_);
  begun_.append(piece);
  auto taken = sink(begun_, number_);
  begun_.clear();
  return taken;
}

Result<void> RecordCutter::feed(std::string_view bytes, const Sink& sink) {
  for (std::size_t at; (at = bytes.find(end_)) != std::string_view::npos;) {
    if (auto taken = hand_out(bytes.substr(0, at), sink); !taken) return taken;
    bytes.remove_prefix(at + 1);
  }
  if (auto fits = check_size(bytes.size()); !fits) return fits;
  begun_.append(bytes);
  return {};
}

Result<void> RecordCutter::finish(const Sink& sink) {
  if (begun_.empty()) return {};
  return hand_out({}, sink);
}

}  // namespace sse::pub
