#include "wire/reference_parser.hpp"

#include <algorithm>

namespace sse::test {
namespace {

void append_code_point(unsigned code, std::string& out) {
  const auto put = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | (code >> 6));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

/// "UTF-8 decoder" of the Encoding standard with its own variables.
class Utf8Decoder {
 public:
  // False when the byte must be given again.
  bool take(unsigned byte, std::string& out) {
    if (needed_ == 0) return take_first(byte, out);
    if (byte < lower_ || byte > upper_) {
      *this = {};
      append_code_point(0xFFFD, out);
      return false;
    }
    lower_ = 0x80;
    upper_ = 0xBF;
    code_point_ = (code_point_ << 6) | (byte & 0x3F);
    if (++seen_ < needed_) return true;
    append_code_point(code_point_, out);
    *this = {};
    return true;
  }
  void end(std::string& out) const {
    if (needed_ != 0) append_code_point(0xFFFD, out);
  }

 private:
  bool take_first(unsigned byte, std::string& out) {
    if (byte < 0x80) {
      append_code_point(byte, out);
    } else if (byte >= 0xC2 && byte <= 0xDF) {
      start(1, byte & 0x1F);
    } else if (byte >= 0xE0 && byte <= 0xEF) {
      if (byte == 0xE0) lower_ = 0xA0;
      if (byte == 0xED) upper_ = 0x9F;
      start(2, byte & 0xF);
    } else if (byte >= 0xF0 && byte <= 0xF4) {
      if (byte == 0xF0) lower_ = 0x90;
      if (byte == 0xF4) upper_ = 0x8F;
      start(3, byte & 0x7);
    } else {
      append_code_point(0xFFFD, out);
    }
    return true;
  }
  void start(unsigned needed, unsigned code_point) {
    needed_ = needed;
    code_point_ = code_point;
  }

  unsigned code_point_ = 0;
  unsigned seen_ = 0;
  unsigned needed_ = 0;
  unsigned lower_ = 0x80;
  unsigned upper_ = 0xBF;
};

/// The standard's buffers and what happens to them, line by line.
class Interpreter {
 public:
  explicit Interpreter(Transcript& out) : out_(out) {}

  void line(const std::string& line) {
    if (line.empty()) return dispatch();
    const std::size_t colon = line.find(':');
    if (colon == 0) return report({ParseResult::comment, "", line.substr(1), "", 0});
    if (colon == std::string::npos) return field(line, "");
    std::string value = line.substr(colon + 1);
    if (!value.empty() && value[0] == ' ') value.erase(0, 1);
    field(line.substr(0, colon), value);
  }

 private:
  void report(Item item) { out_.items.push_back(std::move(item)); }

  void field(const std::string& name, const std::string& value) {
    if (name == "event") type_ = value;
    if (name == "data") data_ += value + '\n';
    if (name == "id" && value.find('\0') == std::string::npos) {
      id_ = value;
      id_set_ = true;
    }
    if (name == "retry") retry(value);
  }

  void retry(std::string digits) {
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) return;
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
    const std::uint64_t max = 9007199254740991;
    const std::uint64_t value =
        digits.size() > 16 ? max : std::min<std::uint64_t>(max, std::stoull(digits));
    out_.reconnection_time_ms = value;
    report({ParseResult::retry, "", "", "", value});
  }

  void dispatch() {
    out_.last_event_id = id_;
    if (!data_.empty()) {
      data_.pop_back();
      report({ParseResult::event, type_.empty() ? "message" : type_, data_, id_, 0});
    } else if (id_set_) {
      report({ParseResult::position, "", "", id_, 0});
    }
    data_.clear();
    type_.clear();
    id_set_ = false;
  }

  Transcript& out_;
  std::string data_, type_, id_;
  bool id_set_ = false;
};

}  // namespace

std::string reference_decode(std::string_view bytes) {
  std::string out;
  Utf8Decoder decoder;
  for (const char c : bytes)
    while (!decoder.take(static_cast<unsigned char>(c), out)) {
    }
  decoder.end(out);
  return out;
}

Transcript reference_parse(std::string_view bytes) {
  if (bytes.substr(0, 3) == "\xEF\xBB\xBF") bytes.remove_prefix(3);
  const std::string text = normalise_line_ends(reference_decode(bytes));
  Transcript out;
  Interpreter interpreter(out);
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    interpreter.line(text.substr(begin, end - begin));
  return out;
}

std::string normalise_line_ends(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && i > 0 && text[i - 1] == '\r') continue;
    out.push_back(text[i] == '\r' ? '\n' : text[i]);
  }
  return out;
}

}  // namespace sse::test
