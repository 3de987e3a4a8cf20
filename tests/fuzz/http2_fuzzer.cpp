// A hostile peer's bytes against the frame gate and the HTTP/2 session behind it, whole and in
// pieces: what comes out keeps to the order that is promised, is within the limits, and does not
// depend on the cuts. Input: a seed for the cuts, how requests are answered, the bytes after the
// preface.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/http2_head.hpp"
#include "server/http2/frame_gate.hpp"
#include "server/http2/session.hpp"

using namespace sse;
using server::FrameGate;
using server::Http2Error;
using server::Http2Session;

namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr http::RequestLimits kLimits{512, 8, 128, 4096};
constexpr std::uint32_t kStreamsMax = 4;

void require(bool holds, const char* what, const std::string& detail = {}) {
  if (holds) return;
  std::fprintf(stderr, "%s\n%s\n", what, detail.c_str());
  std::abort();
}

/// What a server does with what it is told, without its sockets.
class Listener final : private Http2Session::Events {
 public:
  /// `choice`: what becomes of requests.
  explicit Listener(std::uint8_t choice)
      : choice_(choice), session_(*this, kStreamsMax, kLimits.head_bytes_max) {}

  void feed(std::string_view bytes) {
    while (!broken_) {
      const FrameGate::Step step = gate_.next(bytes);
      if (step.kind == FrameGate::Kind::need_input) return;
      if (step.kind != FrameGate::Kind::pass) {
        require(step.bytes.size() == 13 || step.bytes.size() == 14, "not one frame");
        continue;
      }
      broken_ = !session_.receive(step.bytes);
      if (ends_frame(step.bytes)) answer();
    }
  }

  const std::string& told() const noexcept { return told_; }

 private:
  // Of what is passed on: the preface, then heads of frames and what belongs to them.
  bool ends_frame(std::string_view passed) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(passed[at]); };
    if (left_ > 0)
      left_ -= passed.size();
    else
      left_ = static_cast<std::size_t>(byte(0) << 16 | byte(1) << 8 | byte(2));
    return left_ == 0;
  }

  struct Asked {
    http::Request request;
    http::Http2Head head{request, kLimits};
    std::string fields;
    bool head_complete = false;
    bool body_complete = false;
    bool answered = false;
  };

  void note(const char* what, Http2Session::Id id, std::string_view detail = {}) {
    told_.append(what).append(" ").append(std::to_string(id)).append(" ").append(detail) += '\n';
  }

  Asked& asked(Http2Session::Id id) {
    const auto found = asked_.find(id);
    require(found != asked_.end(), "an event of no stream", told_);
    require(session_.user_of(id) == found->second.get(), "another's stream", told_);
    return *found->second;
  }

  void head_began(Http2Session::Id id) override {
    require(id % 2 == 1 && id > last_, "not a new stream of a client", told_);
    require(asked_.size() < kStreamsMax, "more streams than are allowed", told_);
    last_ = id;
    auto stream = std::make_unique<Asked>();
    session_.set_user(id, stream.get());
    asked_.emplace(id, std::move(stream));
    note("head", id);
  }

  void header(Http2Session::Id id, std::string_view name, std::string_view value) override {
    require(!asked(id).head_complete, "a header after the head", told_);
    asked(id).head.add(name, value);
    // Told with the head: of one that is wrong the library shows more or less, as it is cut.
    asked(id).fields.append(name).append("=").append(value).append(" ");
  }

  void head_complete(Http2Session::Id id, bool last) override {
    Asked& stream = asked(id);
    require(!stream.head_complete, "a head twice", told_);
    stream.head_complete = true;
    stream.body_complete = last;
    const auto error = stream.head.finish(!last);
    if (!error) check(stream.request);
    note("complete", id,
         stream.fields + (error ? std::string(error->reason) : stream.request.path));
  }

  static void check(const http::Request& request) {
    require(!request.path.empty(), "no path");
    require(request.target.size() <= kLimits.target_bytes_max, "target over its limit");
    // Beside them may stand the Host that was made of :authority.
    require(request.headers.size() <= kLimits.headers_max + 1, "headers over their limit");
    for (const auto& [name, value] : request.headers)
      for (const char c : name + value)
        require(c == '\t' || static_cast<unsigned char>(c) >= 0x20,
                "control character in a header");
  }

  // Cuts are not to be seen: only how much came is told.
  void body(Http2Session::Id id, std::string_view bytes) override {
    const Asked& stream = asked(id);
    require(stream.head_complete && !stream.body_complete, "a body out of place", told_);
    body_bytes_ += bytes.size();
  }

  void body_complete(Http2Session::Id id) override {
    require(!asked(id).body_complete, "the end of a body twice", told_);
    asked(id).body_complete = true;
    note("body", id, std::to_string(body_bytes_));
  }

  void reset(Http2Session::Id id) override {
    if (session_.user_of(id) != nullptr) note("reset", id);
  }

  void closed(Http2Session::Id id) override {
    note("closed", id);
    asked_.erase(id);
  }

  void initial_window(std::uint32_t bytes) override {
    require(bytes <= INT32_MAX, "a window that is too large");
    note("window", 0, std::to_string(bytes));
  }

  void terminated() override { note("terminated", 0); }

  // At the ends of frames, wherever the bytes are cut.
  void answer() {
    std::vector<Http2Session::Id> ready;
    for (const auto& [id, stream] : asked_)
      if (stream->body_complete && !stream->answered) ready.push_back(id);
    for (const Http2Session::Id id : ready) answer(id);
    std::string out;
    while (session_.has_output()) {
      require(session_.output(out, 1024), "no output");
      if (out.empty()) break;
      out.clear();
    }
  }

  void answer(Http2Session::Id id) {
    asked(id).answered = true;
    const bool reset = (choice_ & 1) != 0 && id % 4 == 1;
    if (reset) return session_.reset(id, Http2Error::cancel);
    session_.send_head(id, 200, {{"Content-Type", "text/event-stream"}});
    const bool goes_on = (choice_ & 2) != 0 && id % 4 == 3;
    if (!goes_on) session_.send_end(id);
  }

  const std::uint8_t choice_;
  FrameGate gate_;
  std::map<Http2Session::Id, std::unique_ptr<Asked>> asked_;
  Http2Session session_;
  Http2Session::Id last_ = 0;
  std::size_t left_ = kPreface.size();
  std::size_t body_bytes_ = 0;
  std::string told_;
  bool broken_ = false;
};

std::string feed(std::string_view bytes, std::uint8_t choice, std::uint32_t seed) {
  Listener listener(choice);
  const std::uint32_t longest = (seed & 1) != 0 ? 64 : 8;
  while (!bytes.empty()) {
    seed = seed * 1664525u + 1013904223u;
    const std::size_t size = std::min<std::size_t>(bytes.size(), 1 + (seed >> 16) % longest);
    // On the heap and no larger, so that reading past the end is seen.
    listener.feed(std::string(bytes.substr(0, size)));
    bytes.remove_prefix(size);
  }
  return listener.told();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::string bytes(kPreface);
  bytes.append(data + 2, data + size);
  Listener whole(data[1]);
  whole.feed(bytes);
  const std::string pieces = feed(bytes, data[1], data[0]);
  require(whole.told() == pieces, "cuts change the outcome", whole.told() + "\n" + pieces);
  return 0;
}
