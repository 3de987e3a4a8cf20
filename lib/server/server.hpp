#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "server/admin.hpp"
#include "server/options.hpp"
#include "server/publishing_sink.hpp"
#include "server/router.hpp"
#include "server/source/source.hpp"
#include "server/worker.hpp"

namespace sse::server {

/// The whole server: a hub, the workers on their threads, sources of events, and the order in which
/// they start and end.
class Server {
 public:
  /// `log` takes one line at a time, from any thread.
  Server(Options options, std::function<void(std::string_view)> log);
  ~Server();

  /// Binds every listener; from here on signals are kept for run(). Error: which one, and why.
  Result<void> listen();
  /// After listen(): where clients reach it.
  std::vector<std::string> urls() const;

  /// A source whose lines become events on `channel`, made on the loop of run(). Starts at once.
  /// After an error destroy the server: that ends the sources which have started.
  using MakeSource = std::function<std::unique_ptr<Source>(uv_loop_t*, SourceSink&)>;
  Result<void> add_source(const std::string& channel, const MakeSource& make);
  /// Ends run() once every source has ended and streams have taken what is left.
  void exit_when_sources_end() noexcept { exit_at_end_ = true; }

  /// Serves until SIGINT, SIGTERM or SIGHUP (which with TLS reads the certificates again), then
  /// stops the sources, lets streams take what is left and closes them. Returns the signal, 0 if it
  /// ended by itself. A second signal kills what the sources have started and ends it at once.
  int run();

 private:
  class ChannelSink;

  std::unique_ptr<PublishingSink> make_sink(const std::string& channel);
  void finish_sinks();

  void watch_signals();
  Result<void> load_tls();
  void reload_tls();
  void look_at_memory();
  void look_at_browsers();
  void signalled(int signal);
  void stop_sources();
  void drain();
  void source_ended();
  void limit_connections();
  void start_threads();

  Shared shared_;
  Admin admin_;
  Router router_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<net::SignalWatcher>> signals_;
  std::vector<std::string> socket_files_;  ///< made by listen(), removed at the end
  std::vector<std::thread> threads_;
  std::vector<std::unique_ptr<PublishingSink>> sinks_;
  std::size_t sinks_left_ = 0;  ///< that have not published all
  std::vector<std::unique_ptr<Source>> sources_;
  std::size_t sources_running_ = 0;    ///< not yet stopped
  std::size_t sources_producing_ = 0;  ///< not yet ended
  bool exit_at_end_ = false;
  int signal_ = 0;
  std::size_t descriptors_max_;
};

}  // namespace sse::server
