#include "server/server.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/memory.hpp"
#include "net/blocked_signals.hpp"
#include "net/file_limit.hpp"
#include "server/gap.hpp"
#include "server/upstream_sink.hpp"

namespace sse::server {
namespace {

constexpr std::size_t kFewConnections = 100;  ///< what an operator is sure to hear about

// Not for the commands that are started.
Fd duplicate(const Fd& fd) noexcept { return Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)); }

}  // namespace

/// Publishes a source's lines on one channel. Lets the source wait while streams that read well are
/// far behind.
class Server::ChannelSink final : public PublishingSink, public hub::RoomListener {
 public:
  ChannelSink(Server& server, std::shared_ptr<hub::Channel> channel)
      : server_(server),
        channel_(std::move(channel)),
        room_(server.workers_.front()->loop(), [this] { source().resume(); }) {}
  ~ChannelSink() override { server_.shared_.hub.forget_room(*channel_, *this); }

  void room() noexcept override { room_.wake(); }

  void line(std::string_view event_type, std::string_view data) noexcept override {
    EventFields fields;
    if (!event_type.empty()) fields.event = event_type;
    fields.data = data;
    hub::Hub& hub = server_.shared_.hub;
    hub.publish(*channel_, fields, unix_ms());
    if (!hub.await_room(*channel_, *this)) source().pause();
  }
  void ended() noexcept override {
    server_.shared_.hub.end(*channel_);
    server_.source_ended();
  }
  void warn(std::string_view message) noexcept override { server_.shared_.log(message); }
  void finish(std::uint64_t, std::function<void()> done) override { done(); }

 private:
  Server& server_;
  std::shared_ptr<hub::Channel> channel_;
  net::Async room_;
};

Server::Server(Options options, std::function<void(std::string_view)> log)
    : shared_(std::move(options)),
      admin_(shared_),
      router_(shared_, admin_),
      // Thousands of streams need as many descriptors as the system grants.
      descriptors_max_(net::raise_file_limit()) {
  ::signal(SIGPIPE, SIG_IGN);
  shared_.log = std::move(log);
  if (shared_.options.redis) {
    redis::NodeOptions node = *shared_.options.redis;
    node.feed.log = shared_.log;
    node.feed.gap_json = &gap_json;
    shared_.node = std::make_unique<redis::Node>(shared_.hub, std::move(node));
  }
  std::vector<const WorkerStats*> stats;
  for (unsigned i = 0; i < shared_.options.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(shared_, router_, i));
    stats.push_back(&workers_.back()->stats());
  }
  admin_.set_workers(std::move(stats));
}

Server::~Server() {
  if (sources_running_ > 0) {  // a later one did not start
    stop_sources();
    run();
  }
  for (const std::string& path : socket_files_) ::unlink(path.c_str());
}

// Before anything is started that would outlive a process that dies: a command, a socket file.
void Server::watch_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    signals_.push_back(std::make_unique<net::SignalWatcher>(workers_.front()->loop(), signal,
                                                            [this, signal] { signalled(signal); }));
}

Result<void> Server::listen() {
  watch_signals();
  if (auto loaded = load_tls(); !loaded) return loaded;
  if (shared_.options.io == Io::uring)
    if (const auto ring = net::SendRing::open(); !ring)
      return fail("--io uring: " + ring.error().message);
  const bool shared = workers_.size() > 1;
  std::uint16_t port = 0;  // of the address before
  for (net::ListenAddress& address : shared_.options.listen) {
    if (address.index > 0) address.set_port(port);  // a name has one port, also if the system chose
    const Listener listener{.local = address.is_local(),
                            .unix_socket = address.is_unix(),
                            .tls = address.tls == net::ListenTls::on};
    Fd unix_socket;
    for (const auto& worker : workers_) {
      const bool first = worker == workers_.front();
      if (address.is_unix() && !first) {  // one socket file: every worker accepts from it
        worker->add_listener(duplicate(unix_socket), listener);
        continue;
      }
      auto fd = net::listen_on(address, shared_.options.sockets, shared, first);
      if (!fd) return tl::unexpected(fd.error());
      if (address.is_unix()) {
        socket_files_.push_back(address.unix_path);
        unix_socket = duplicate(*fd);
      }
      worker->add_listener(std::move(*fd), listener);
    }
    port = address.port();
  }
  return {};
}

std::vector<std::string> Server::urls() const {
  std::vector<std::string> urls;
  for (const net::ListenAddress& address : shared_.options.listen) urls.push_back(address.url());
  return urls;
}

Result<void> Server::add_source(const std::string& channel, const MakeSource& make) {
  auto sink = make_sink(channel);
  if (!sink) return fail("too many channels");
  sinks_.push_back(std::move(sink));
  auto source = make(workers_.front()->loop().uv(), *sinks_.back());
  sinks_.back()->set_source(*source);
  if (auto started = source->start(); !started) return started;
  sources_.push_back(std::move(source));
  ++sources_running_;
  ++sources_producing_;
  return {};
}

std::unique_ptr<PublishingSink> Server::make_sink(const std::string& channel) {
  Worker& worker = *workers_.front();
  if (shared_.node)
    return std::make_unique<UpstreamSink>(
        UpstreamSink::Context{
            .loop = worker.loop(),
            .node = *shared_.node,
            .post = [&worker](std::function<void()> task) { worker.post(std::move(task)); },
            .ended = [this] { source_ended(); },
            .log = shared_.log},
        channel);
  auto opened = shared_.hub.open(channel);
  return opened ? std::make_unique<ChannelSink>(*this, std::move(opened)) : nullptr;
}

// Connections must leave descriptors for the sources: for the pipes of a command that is started
// again, for the next file of a rotation.
void Server::limit_connections() {
  std::size_t others = net::open_files() + shared_.options.admin_connections_max +
                       shared_.options.descriptors_reserved;
  for (const auto& source : sources_) others += source->descriptors_max();
  const std::size_t room = descriptors_max_ - std::min(others, descriptors_max_ - 1);
  std::size_t& connections_max = shared_.options.connections_max;
  if (connections_max == 0 || connections_max > room) {
    if (connections_max > 0 || room < kFewConnections)
      shared_.log("the limit of open files (" + std::to_string(descriptors_max_) +
                  ") leaves room for " + std::to_string(room) + " connections");
    connections_max = room;
  }
}

// Signals are for the first worker, which is this thread: the others must not be interrupted.
void Server::start_threads() {
  const net::BlockedSignals blocked;
  for (std::size_t i = 1; i < workers_.size(); ++i)
    threads_.emplace_back([worker = workers_[i].get()] { worker->run(); });
}

int Server::run() {
  limit_connections();
  if (shared_.node) shared_.node->start();
  net::Loop& loop = workers_.front()->loop();
  {
    net::Timer sweep(loop, [this] {
      shared_.hub.sweep(unix_ms());
      look_at_memory();
      look_at_browsers();
    });
    sweep.start(1000, 1000);
    start_threads();
    workers_.front()->run();
  }
  // Nobody looks at signals from here on: one that comes now ends the process at once.
  signals_.clear();
  for (std::thread& thread : threads_) thread.join();
  if (shared_.node) shared_.node->stop();
  sources_.clear();
  sinks_.clear();
  workers_.clear();
  return signal_;
}

void Server::look_at_memory() {
  const std::size_t memory_max = shared_.options.memory_max;
  if (memory_max == 0) return;
  const bool is_short = resident_bytes() > memory_max;
  if (shared_.short_of_memory.exchange(is_short) != is_short)
    shared_.log(is_short ? "short of memory (--memory-max): no further connections for now"
                         : "no longer short of memory");
}

void Server::look_at_browsers() {
  if (const std::string warning = shared_.browsers.look(); !warning.empty()) shared_.log(warning);
}

Result<void> Server::load_tls() {
  if (!shared_.options.tls) return {};
  auto context = net::TlsContext::make(*shared_.options.tls);
  if (!context) return tl::unexpected(context.error());
  for (const std::string& note : (*context)->notes()) shared_.log(note);
  shared_.set_tls(std::move(*context));
  return {};
}

// Streams go on as they are: a new certificate is for who connects from here on.
void Server::reload_tls() {
  const auto loaded = load_tls();
  shared_.log(loaded ? std::string("SIGHUP: certificates read again")
                     : "SIGHUP: " + loaded.error().message + "; the old certificates stay");
}

void Server::signalled(int signal) {
  if (signal == SIGHUP && shared_.options.tls && !shared_.stopping) return reload_tls();
  if (shared_.stopping) {  // asked twice: at once, without manners
    for (const auto& source : sources_) source->kill();
    ::signal(signal, SIG_DFL);
    ::raise(signal);
  }
  signal_ = signal;
  stop_sources();
}

void Server::stop_sources() {
  if (shared_.stopping.exchange(true)) return;
  if (sources_running_ == 0) return finish_sinks();
  for (const auto& source : sources_)
    source->stop([this] {
      if (--sources_running_ == 0) finish_sinks();
    });
}

void Server::finish_sinks() {
  sinks_left_ = sinks_.size();
  if (sinks_left_ == 0) return drain();
  for (const auto& sink : sinks_)
    sink->finish(shared_.options.drain_ms, [this] {
      if (--sinks_left_ == 0) drain();
    });
}

void Server::drain() {
  for (const auto& worker : workers_) worker->drain();
}

void Server::source_ended() {
  if (--sources_producing_ == 0 && exit_at_end_) stop_sources();
}

}  // namespace sse::server
