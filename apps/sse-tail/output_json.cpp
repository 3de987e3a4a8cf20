#include <utility>

#include "base/json_text.hpp"
#include "formatter.hpp"
#include "json_plain.hpp"
#include "json_value.hpp"
#include "room.hpp"

namespace sse::tail {
namespace {

constexpr std::string_view kIdMember = "{\"id\":\"";  // and the start of its value

// One JSON object and the delimiter after it, member by member.
class JsonLine {
 public:
  JsonLine(std::string& out, std::string_view label, std::string_view delimiter)
      : out_(out), delimiter_(delimiter) {
    if (!label.empty()) text("url", label);
  }
  ~JsonLine() { out_.append(first_ ? "{}" : "}").append(delimiter_); }
  JsonLine(const JsonLine&) = delete;
  JsonLine& operator=(const JsonLine&) = delete;

  void text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(out_, value);
  }
  template <class Integer>
  void number(std::string_view name, Integer value) {
    key(name);
    out_.append(std::to_string(value));
  }

 private:
  void key(std::string_view name) {
    out_ += first_ ? '{' : ',';
    first_ = false;
    out_.append("\"").append(name).append("\":");
  }

  std::string& out_;
  std::string_view delimiter_;
  bool first_ = true;
};

class JsonFormatter : public Formatter {
 public:
  explicit JsonFormatter(JsonStyle style) : style_(std::move(style)) {}

  void event(std::string_view label, const Event& event, std::string& out) override {
    if (event.type != type_) write_members_of(event.type);
    if (!label.empty() || style_.embed_data || !append_plain(event, out))
      append_any(label, event, out);
  }

 protected:
  JsonLine begin(std::string_view label, std::string& out) const {
    return JsonLine(out, label, style_.delimiter);
  }

 private:
  // The hot path: nothing is decided while it is copied. False, and nothing appended, if some of
  // the event needs an escape.
  bool append_plain(const Event& event, std::string& out) const {
    Room room(out, kIdMember.size() + event.last_event_id.size() + next_members_.size() +
                       event.data.size() + ending_.size() + 2);
    char* const begin = room.end();
    bool plain = true;
    if (event.last_event_id.empty()) {
      room.put(first_members_);
    } else {
      room.put(kIdMember);
      plain = put_plain(event.last_event_id, room);
      room.put(next_members_);
    }
    room.put('"');
    plain = plain && put_plain(event.data, room);
    room.put('"');
    room.put(ending_);
    if (!plain) room.set_end(begin);
    return plain;
  }

  static bool put_plain(std::string_view text, Room& room) {
    const bool plain = copy_json_plain(room.end(), text);
    room.set_end(room.end() + text.size());
    return plain;
  }

  void append_any(std::string_view label, const Event& event, std::string& out) const {
    if (!label.empty()) {
      out.append("{\"url\":\"");
      append_json_escaped(out, label);
    }
    if (!event.last_event_id.empty()) {
      out.append(label.empty() ? kIdMember : "\",\"id\":\"");
      append_json_escaped(out, event.last_event_id);
    }
    const bool first = label.empty() && event.last_event_id.empty();
    out.append(first ? first_members_ : next_members_);
    append_data(event.data, out);
  }

  // "event" with its value and the name of "data": mostly the same as in the event before.
  void write_members_of(std::string_view type) {
    type_ = type;
    std::string members = "\"event\":";
    append_json_string(members, type);
    members += ",\"data\":";
    first_members_ = "{" + members;
    next_members_ = "\"," + members;
  }

  void append_data(std::string_view data, std::string& out) const {
    if (style_.embed_data && is_json(data)) {
      append_minified(out, data);
    } else {
      append_json_string(out, data);
    }
    out.append(ending_);
  }

  JsonStyle style_;
  std::string ending_ = "}" + style_.delimiter;
  std::string type_;           // of the members below; at first no event's
  std::string first_members_;  // at the start of the object
  std::string next_members_;   // after the text of a member
};

class LifecycleFormatter final : public JsonFormatter {
 public:
  using JsonFormatter::JsonFormatter;

  void open(std::string_view label, const client::ResponseHead&, std::string& out) override {
    begin(label, out).text("kind", "open");
  }
  void comment(std::string_view label, std::string_view text, std::string& out) override {
    JsonLine line = begin(label, out);
    line.text("kind", "comment");
    line.text("comment", text);
  }
  void retry(std::string_view label, std::uint64_t ms, std::string& out) override {
    JsonLine line = begin(label, out);
    line.text("kind", "retry");
    line.number("retry", ms);
  }
  void error(std::string_view label, const client::StreamError& error, std::string& out) override {
    JsonLine line = begin(label, out);
    line.text("kind", "error");
    line.text("error", name_of(error.kind));
    line.text("message", error.message);
    if (error.status != 0) line.number("status", error.status);
    if (error.reconnect_in) line.number("reconnect_ms", error.reconnect_in->count());
  }
  void close(std::string_view label, std::string_view reason, std::string& out) override {
    JsonLine line = begin(label, out);
    line.text("kind", "close");
    line.text("reason", reason);
  }
};

}  // namespace

std::unique_ptr<Formatter> make_json_formatter(JsonStyle style) {
  if (style.lifecycle) return std::make_unique<LifecycleFormatter>(std::move(style));
  return std::make_unique<JsonFormatter>(std::move(style));
}

std::string_view name_of(client::ErrorKind kind) noexcept {
  using enum client::ErrorKind;
  switch (kind) {
    case ended:
      return "ended";
    case lost:
      return "lost";
    case idle:
      return "idle";
    case unreachable:
      return "unreachable";
    case interrupted:
      return "interrupted";
    case no_content:
      return "no_content";
    case refused:
      return "refused";
    case not_event_stream:
      return "not_event_stream";
    case answered:
      return "answered";
    case limit:
      return "limit";
    case unusable:
      break;
  }
  return "unusable";
}

}  // namespace sse::tail
