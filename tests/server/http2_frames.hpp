#pragma once

#include <cstddef>
#include <string>

namespace http2_frames {

/// What an HTTP/2 client sends first (RFC 9113 section 3.4).
inline const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum Type {
  data = 0,
  headers = 1,
  priority = 2,
  reset = 3,
  settings = 4,
  ping = 6,
  go_away = 7,
  update = 8,
  more = 9,
  unknown = 77
};

/// A number in so many bytes, the highest first.
inline std::string number(std::size_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

/// A whole frame (RFC 9113 section 4.1).
inline std::string frame(Type type, unsigned flags, unsigned stream, const std::string& payload) {
  return number(payload.size(), 3) + number(type, 1) + number(flags, 1) + number(stream, 4) +
         payload;
}

}  // namespace http2_frames
