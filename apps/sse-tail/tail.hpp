#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "cli/exit_code.hpp"
#include "client/transport_loop.hpp"
#include "event_filter.hpp"
#include "formatter.hpp"
#include "settings.hpp"
#include "signals.hpp"
#include "stdout_sink.hpp"

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
  bool verbose() const noexcept { return options_.verbose; }
  void on_printed();
  bool flush();
  void on_stream_closed(cli::Exit status);
  bool count_unmet() const noexcept { return printed_ < options_.count; }

  void turn();
  void take_signals();
  void wait();
  void finish(cli::Exit status, std::string_view reason);
  void drain();
  void stop_for_signal(int signal);
  bool out_of_time() const;
  std::optional<std::uint64_t> next_deadline() const;

  const Options& options_;
  Signals signals_;
  StdoutSink sink_;
  EventFilter filter_;
  std::unique_ptr<Formatter> formatter_;
  client::TransportLoop loop_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::size_t open_streams_ = 0;
  std::uint64_t printed_ = 0;
  std::optional<std::uint64_t> time_limit_;  // monotonic milliseconds
  std::optional<cli::Exit> ended_;
  cli::Exit closed_status_ = cli::Exit::ok;  // the first failure of a stream
};

}  // namespace sse::tail
