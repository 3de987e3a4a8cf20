#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/event_source.hpp"

namespace sse::client {

/// A transport whose server is the test.
class FakeTransport final : public Transport {
 public:
  void start(const Request& request, TransportListener& listener) override {
    requests.push_back(request);
    listener_ = &listener;
  }
  void cancel() override {
    if (listener_ != nullptr) ++cancels;
    listener_ = nullptr;
  }
  void resume() override { ++resumes; }

  bool running() const { return listener_ != nullptr; }
  void head(int status, std::vector<std::string> types = {"text/event-stream"},
            std::optional<std::string> retry_after = std::nullopt) {
    listener_->on_head({status, std::move(types), std::move(retry_after), "http://final/"});
  }
  Flow body(std::string_view bytes) { return listener_->on_body(bytes); }
  void end(TransferResult result = TransferResult::complete, std::string message = "") {
    TransportListener* listener = std::exchange(listener_, nullptr);
    listener->on_end({result, std::move(message)});
  }

  std::vector<Request> requests;
  int cancels = 0;
  int resumes = 0;

 private:
  TransportListener* listener_ = nullptr;
};

/// Writes down what it hears, one string each.
class Recorder final : public EventSourceObserver {
 public:
  void on_open(const ResponseHead&) override { heard.push_back("open"); }
  void on_event(const Event& event) override {
    heard.push_back(std::string(event.type)
                        .append(" '")
                        .append(event.data)
                        .append("' id=")
                        .append(event.last_event_id));
    if (close_at_event != nullptr) close_at_event->close();
  }
  void on_comment(std::string_view text) override {
    heard.push_back(std::string("comment ").append(text));
  }
  void on_retry(std::uint64_t ms) override { heard.push_back("retry " + std::to_string(ms)); }
  void on_error(const StreamError& error) override {
    heard.push_back(error.reconnect_in ? "error" : "closed");
    errors.push_back(error);
  }
  void on_warning(std::string_view) override { ++warnings; }
  bool on_batch_end() override { return wants_more; }

  std::vector<std::string> take() { return std::exchange(heard, {}); }

  std::vector<std::string> heard;
  std::vector<StreamError> errors;
  int warnings = 0;
  bool wants_more = true;
  EventSource* close_at_event = nullptr;
};

/// An EventSource with everything around it faked. Time stands still until advance().
struct Bench {
  static EventSourceOptions options() {
    EventSourceOptions options;
    options.request.url = "http://host/stream";
    return options;
  }

  explicit Bench(EventSourceOptions options = Bench::options())
      : source(std::move(options), transport, recorder,
               {[this] { return now_ms; }, [] { return std::uint64_t{0}; }, [] { return 0.0; }}) {}

  /// Lets time pass, tick by tick where the source asks for one.
  void advance(std::uint64_t ms) {
    const std::uint64_t end = now_ms + ms;
    while (source.deadline() && *source.deadline() <= end) {
      now_ms = std::max(now_ms, *source.deadline());
      source.tick();
      if (source.deadline() && *source.deadline() <= now_ms && transport.running()) break;
    }
    now_ms = end;
  }

  /// A value of a header of the latest request; nullopt when it is not there.
  std::optional<std::string> sent(const std::string& name) const {
    for (const std::string& line : transport.requests.back().headers)
      if (line.starts_with(name + ": ")) return line.substr(name.size() + 2);
    return std::nullopt;
  }

  std::uint64_t now_ms = 1'000'000;
  FakeTransport transport;
  Recorder recorder;
  EventSource source;
};

using Heard = std::vector<std::string>;

}  // namespace sse::client
