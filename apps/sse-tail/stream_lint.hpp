#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sse::tail {

/// Something a StreamLint remarks.
struct Remark {
  bool fault = false;      ///< clients drop or change something; else only suspicious
  std::uint64_t line = 0;  ///< of the stream, from 1; 0: of the head, or of the stream as a whole
  std::string text;
  std::string_view name;  ///< of its kind, one word
};

/// Reads the bytes of one connection beside the parser and remarks what the standard makes clients
/// drop or change, and what proxies and other clients are known to trip over.
///
/// Of each kind the first few are reported one by one, the others by their number in the end.
class StreamLint {
 public:
  /// The header fields of the answer, "Name: value".
  void head(const std::vector<std::string>& fields, std::uint64_t now_ms);
  void bytes(std::string_view bytes, std::uint64_t now_ms);
  /// Nothing more is read; `by_server`: because the stream ended.
  void end(bool by_server);

  /// The remarks since the last call.
  std::vector<Remark> take_remarks() { return std::exchange(remarks_, {}); }
  /// Whether there was a fault.
  bool faulty() const noexcept { return faulty_; }

 private:
  void check_silence(std::uint64_t now_ms);
  void add_to_line(std::string_view piece);
  void end_line();
  void check_line();
  void check_field(std::string_view name, std::string_view value);
  void check_unknown(std::string_view name);
  void end_block();
  void fault(std::string_view name, std::string text);
  void warn(std::string_view name, std::string text);
  void remark(bool fault, std::string_view name, std::string text);

  std::vector<Remark> remarks_;
  bool faulty_ = false;
  std::map<std::string_view, std::uint64_t> counts_;  // of remarks, by name
  std::uint64_t heard_at_ = 0;

  std::uint64_t line_number_ = 0;  // of the line being read or checked; 0: none
  std::string line_;               // its first bytes
  std::size_t line_bytes_ = 0;
  bool after_cr_ = false;  // the line ended at a CR: an LF belongs to it, anything else does not

  // The block being read.
  bool has_fields_ = false;
  bool has_data_ = false;
  bool has_type_ = false;
  std::size_t data_bytes_ = 0;

  std::uint64_t events_ = 0;
  bool has_ids_ = false;
};

}  // namespace sse::tail
