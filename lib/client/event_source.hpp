#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sse/event.hpp>
#include <sse/event_parser.hpp>

#include "base/result.hpp"
#include "client/reconnect_policy.hpp"
#include "client/stream_error.hpp"
#include "client/transport.hpp"

namespace sse::client {

/// HTTP statuses from first to last.
struct StatusRange {
  int first;
  int last;
};

struct EventSourceOptions {
  Request request;  ///< `headers`: the user's own lines only
  std::string last_event_id;
  ReconnectOptions reconnect;
  ParserLimits limits;
  bool report_comments = false;
  /// A JSON answer of status 200, or a 202, is an answer in full instead of an error.
  bool plain_answers = false;
  /// Once there was a stream, reconnects ask for the rest of it by GET instead of making the
  /// request again; without a last event ID there is no reconnecting.
  bool resume_by_get = false;
  /// Statuses that are tried again, besides 429 and 503 with Retry-After.
  std::vector<StatusRange> retry_statuses;
  /// Asked before each request: the token for an Authorization header, which may change. Empty: no
  /// token. An error counts as a failure to connect.
  std::function<Result<std::string>()> bearer_token;
  /// A connection that is silent this long is given up and made anew; nullopt: never.
  std::optional<std::chrono::milliseconds> idle_max;
};

/// Hears what an EventSource receives. May call EventSource::close() from any of these.
class EventSourceObserver {
 public:
  virtual ~EventSourceObserver() = default;
  virtual void on_open(const ResponseHead& head) = 0;
  virtual void on_event(const Event& event) = 0;
  virtual void on_comment(std::string_view) {}
  /// The body of a complete answer, see EventSourceOptions::plain_answers. UTF-8.
  virtual void on_answer(const ResponseHead&, std::string_view) {}
  /// The server set the reconnection time.
  virtual void on_retry(std::uint64_t) {}
  /// The bytes of an open stream as they arrive, before what is parsed from them.
  virtual void on_bytes(std::string_view) {}
  /// A connection was lost or refused: one call each. Final when EventSource::closed().
  virtual void on_error(const StreamError& error) = 0;
  /// Something the user should know that changes nothing.
  virtual void on_warning(std::string_view) {}
  /// All events of a piece of body were given. False: no more before EventSource::resume().
  virtual bool on_batch_end() { return true; }
};

/// The world as an EventSource needs it, replaced in tests.
struct Surroundings {
  std::function<std::uint64_t()> monotonic_ms;
  std::function<std::uint64_t()> unix_ms;
  ReconnectPolicy::Random random;

  static Surroundings real();
};

/// The processing model of WHATWG HTML 9.2.2 and 9.2.3: connects, announces, interprets the body,
/// reconnects with Last-Event-ID, and fails for good where the standard says so. Beyond it:
/// back-off after failures, 429 and 503 with Retry-After are tried again, an optional idle limit.
///
/// Single-threaded and passive: the owner drives the transport and calls tick() whenever deadline()
/// has come. Every reconnect goes to the URL of the options, redirects or not.
class EventSource final : private TransportListener {
 public:
  /// `transport` and `observer` must outlive the source.
  EventSource(EventSourceOptions options, Transport& transport, EventSourceObserver& observer,
              Surroundings surroundings = Surroundings::real());
  ~EventSource() override;
  EventSource(const EventSource&) = delete;
  EventSource& operator=(const EventSource&) = delete;

  /// Makes the first request. Call once.
  void connect();
  /// Ends the source: nothing more is delivered, nothing retried.
  void close();
  /// Gives up what is open or awaited and connects at the next tick().
  void reconnect_now();
  /// Takes more after on_batch_end() returned false.
  void resume();

  /// When tick() must be called next, on the monotonic clock; nullopt: no need.
  std::optional<std::uint64_t> deadline() const;
  void tick();

  bool closed() const noexcept { return state_ == State::closed; }
  /// The last event ID string.
  std::string_view last_event_id() const noexcept { return parser_.last_event_id(); }

 private:
  enum class State { idle, connecting, open, answering, rejecting, waiting, closed };

  void on_head(const ResponseHead& head) override;
  Flow on_body(std::string_view bytes) override;
  void on_end(const TransferEnd& end) override;

  void send_request();
  void announce(const ResponseHead& head);
  void reject(const ResponseHead& head);
  Flow collect_rejection(std::string_view bytes);
  void settle_rejection();
  bool may_retry(int status) const;

  // In event_source_answer.cpp.
  bool is_plain_answer(const ResponseHead& head) const;
  void begin_answer(const ResponseHead& head);
  Flow collect_answer(std::string_view bytes);
  void settle_answer(TransferResult result, const std::string& message);
  void add_session(Request& request) const;
  void turn_into_get(Request& request) const;
  bool may_resume() const;

  Flow interpret(std::string_view bytes);
  void deliver(ParseResult result);
  void on_idle();

  void reestablish(StreamError error);
  void fail(StreamError error);
  void leave_stream();
  std::uint64_t now() const { return surroundings_.monotonic_ms(); }

  EventSourceOptions options_;
  Transport& transport_;
  EventSourceObserver& observer_;
  Surroundings surroundings_;
  ReconnectPolicy policy_;
  EventParser parser_;
  State state_ = State::idle;
  bool paused_ = false;
  bool was_open_ = false;
  bool warned_of_id_ = false;
  std::uint64_t opened_at_ = 0;
  std::uint64_t last_activity_ = 0;
  std::uint64_t act_at_ =
      0;  // while waiting: the next attempt; while rejecting: the end of patience
  StreamError rejection_{ErrorKind::refused};
  std::optional<std::chrono::milliseconds> retry_after_;
  std::string answer_;
  ResponseHead answer_head_;
  std::string mcp_session_;
};

}  // namespace sse::client
