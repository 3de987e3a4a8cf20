#include "server/server.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <utility>

#include "base/clock.hpp"

namespace sse::server {
namespace {

// Thousands of streams need as many descriptors as the system grants.
void raise_file_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Not for the commands that are started.
Fd duplicate(const Fd& fd) noexcept { return Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)); }

}  // namespace

/// Publishes a source's lines on one channel.
class Server::ChannelSink final : public SourceSink {
 public:
  ChannelSink(Server& server, std::shared_ptr<hub::Channel> channel)
      : server_(server), channel_(std::move(channel)) {}

  void line(std::string_view event_type, std::string_view data) noexcept override {
    EventFields fields;
    if (!event_type.empty()) fields.event = event_type;
    fields.data = data;
    server_.shared_.hub.publish(*channel_, fields, unix_ms());
  }
  void ended() noexcept override {
    server_.shared_.hub.end(*channel_);
    server_.source_ended();
  }
  void warn(std::string_view message) noexcept override { server_.shared_.log(message); }

 private:
  Server& server_;
  std::shared_ptr<hub::Channel> channel_;
};

Server::Server(Options options, std::function<void(std::string_view)> log)
    : shared_(std::move(options)), admin_(shared_), router_(shared_, admin_) {
  raise_file_limit();
  ::signal(SIGPIPE, SIG_IGN);
  shared_.log = std::move(log);
  std::vector<const WorkerStats*> stats;
  for (unsigned i = 0; i < shared_.options.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(shared_, router_, i));
    stats.push_back(&workers_.back()->stats());
  }
  admin_.set_workers(std::move(stats));
}

Server::~Server() {
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
  const bool shared = workers_.size() > 1;
  for (net::ListenAddress& address : shared_.options.listen) {
    const Listener listener{address.is_local(), address.is_unix()};
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
  }
  return {};
}

std::vector<std::string> Server::urls() const {
  std::vector<std::string> urls;
  for (const net::ListenAddress& address : shared_.options.listen) urls.push_back(address.url());
  return urls;
}

Result<void> Server::add_source(const std::string& channel, const MakeSource& make) {
  auto opened = shared_.hub.open(channel);
  if (!opened) return fail("too many channels");
  sinks_.push_back(std::make_unique<ChannelSink>(*this, std::move(opened)));
  sources_.push_back(make(workers_.front()->loop().uv(), *sinks_.back()));
  ++sources_running_;
  ++sources_producing_;
  return sources_.back()->start();
}

int Server::run() {
  net::Loop& loop = workers_.front()->loop();
  {
    net::Timer sweep(loop, [this] { shared_.hub.sweep(unix_ms()); });
    sweep.start(1000, 1000);
    for (std::size_t i = 1; i < workers_.size(); ++i)
      threads_.emplace_back([worker = workers_[i].get()] { worker->run(); });
    workers_.front()->run();
  }
  for (std::thread& thread : threads_) thread.join();
  sources_.clear();
  signals_.clear();
  workers_.clear();
  return signal_;
}

void Server::signalled(int signal) {
  if (stopping_) {  // asked twice: at once, without manners
    ::signal(signal, SIG_DFL);
    ::raise(signal);
  }
  signal_ = signal;
  stop_sources();
}

void Server::stop_sources() {
  if (std::exchange(stopping_, true)) return;
  if (sources_running_ == 0) return drain();
  for (const auto& source : sources_)
    source->stop([this] {
      if (--sources_running_ == 0) drain();
    });
}

void Server::drain() {
  for (const auto& worker : workers_) worker->drain();
}

void Server::source_ended() {
  if (--sources_producing_ == 0 && exit_at_end_) stop_sources();
}

}  // namespace sse::server
