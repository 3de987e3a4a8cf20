#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_code.hpp"
#include "client/transport_loop.hpp"
#include "consumer.hpp"
#include "event_filter.hpp"
#include "executor.hpp"
#include "formatter.hpp"
#include "llm_stream.hpp"
#include "mcp.hpp"
#include "positions.hpp"
#include "recorder.hpp"
#include "settings.hpp"
#include "signals.hpp"
#include "status_line.hpp"
#include "stdout_sink.hpp"
#include "time_limits.hpp"

namespace sse::tail {

class Stream;

/// Follows the streams of the settings and prints what comes until something ends it.
class Tail {
 public:
  Tail(const Options& options, const Settings& settings);
  ~Tail();
  Tail(const Tail&) = delete;
  Tail& operator=(const Tail&) = delete;

  /// The exit status. Dies by signal itself: SIGINT, SIGTERM, and SIGPIPE for a reader that left.
  cli::Exit run();

 private:
  friend class Stream;

  // For Stream.
  const Settings& settings() const noexcept { return settings_; }
  Recorder* recorder() noexcept { return recorder_ ? &*recorder_ : nullptr; }
  void on_expectation_failed() noexcept { expectation_failed_ = true; }
  bool verbose() const noexcept { return options_.verbose; }
  void on_bytes(std::uint64_t now_ms) noexcept { limits_.on_bytes(now_ms); }
  void on_event(const Stream& stream, const Event& event);
  bool on_batch_end();
  bool flush();
  void say(const std::string& message);
  void on_stream_closed(cli::Exit status);
  bool only_prints() const noexcept;
  bool wants_more() const noexcept;  // what is to end it has not come

  Result<void> set_up();
  Result<void> start_commands();
  void make_streams(const std::vector<client::EventSourceOptions>& sources);
  void turn();
  void take_signals();
  void on_child_ended();
  void add_text(const Event& event);
  void end_text();
  void check_mcp(const Event& event);
  void run_command(const Stream& stream, const Event& event);
  void on_reader_gone();
  void close_consumer();
  void tell_status();
  void draw_status();
  void wait();
  bool flush_output();
  bool keep_record();
  void save_positions(bool at_once);
  [[noreturn]] void die_by(int signal);
  bool fail_with(const std::string& message);
  cli::Exit final_status() const noexcept;
  void finish(cli::Exit status, std::string_view reason);
  void drain();
  void stop_for_signal(int signal);
  void check_limits();
  std::optional<std::uint64_t> next_deadline() const;

  const Options& options_;
  const Settings& settings_;
  Signals signals_;
  StdoutSink sink_;
  StatusLine status_line_;
  const EventFilter& filter_;
  const std::optional<Pattern>& until_;
  std::unique_ptr<Formatter> formatter_;
  TimeLimits limits_;
  std::optional<LlmStream> llm_;
  std::optional<McpRequest> mcp_;
  std::optional<Executor> executor_;
  std::optional<Consumer> consumer_;
  std::optional<Positions> positions_;
  std::optional<Recorder> recorder_;
  client::TransportLoop loop_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::size_t open_streams_ = 0;
  bool only_prints_ = false;
  std::uint64_t printed_ = 0;
  bool expectation_failed_ = false;
  std::optional<cli::Exit> ended_;
  cli::Exit closed_status_ = cli::Exit::ok;  // the first failure of a stream
};

}  // namespace sse::tail
