#include "redis/connection.hpp"

#include <poll.h>
#include <sys/time.h>

#include <array>
#include <cerrno>

#include <hiredis/hiredis.h>

#include "base/clock.hpp"
#include "base/units.hpp"
#include "redis/raw_reply.hpp"
#include "redis/sentinel.hpp"
#include "redis/tls.hpp"

namespace sse::redis {
namespace {

struct FreeReply {
  void operator()(void* reply) const noexcept { freeReplyObject(reply); }
};
using RawReply = std::unique_ptr<redisReply, FreeReply>;

timeval to_timeval(std::chrono::milliseconds time) {
  timeval out{};
  out.tv_sec = static_cast<time_t>(time.count() / 1000);
  out.tv_usec = static_cast<suseconds_t>(time.count() % 1000 * 1000);
  return out;
}

ConnectError to_connect_error(Reply reply, std::string_view command) {
  ConnectError error;
  error.refused = reply.kind == Reply::Kind::error;
  error.interrupted = reply.kind == Reply::Kind::interrupted;
  error.message = std::string(command) + ": " + reply.text;
  return error;
}

}  // namespace

void Connection::Close::operator()(redisContext* context) const noexcept { redisFree(context); }

tl::expected<Connection, ConnectError> Connection::open(const RedisUrl& url,
                                                        const ConnectionOptions& options) {
  if (!needs_master(url)) return open_server(url, options);
  const auto master = find_master(url, options);
  if (!master) return tl::unexpected(master.error());
  const auto named = [&master](ConnectError error) {
    error.message = masked(*master) + ": " + error.message;
    return tl::unexpected(std::move(error));
  };
  auto connection = open_server(*master, options);
  if (!connection) return named(connection.error());
  const Words question = role_question();
  const Reply role = connection->command({question.begin(), question.end()});
  const auto checked = check_role(role);
  if (!checked)
    return named(
        {.interrupted = role.kind == Reply::Kind::interrupted, .message = checked.error().message});
  return connection;
}

tl::expected<Connection, ConnectError> Connection::open_server(const RedisUrl& url,
                                                               const ConnectionOptions& options) {
  const timeval timeout = to_timeval(options.connect_timeout);
  Context context(url.unix_path.empty()
                      ? redisConnectWithTimeout(url.host.c_str(), url.port, timeout)
                      : redisConnectUnixWithTimeout(url.unix_path.c_str(), timeout));
  if (!context) return tl::unexpected(ConnectError{false, false, "out of memory"});
  if (context->err != 0) return tl::unexpected(ConnectError{false, false, context->errstr});
  redisSetTimeout(context.get(), to_timeval(options.reply_timeout));
  if (url.unix_path.empty()) redisEnableKeepAlive(context.get());
  if (auto tls = begin_tls(*context, url); !tls)
    return tl::unexpected(ConnectError{false, false, tls.error().message});
  return log_in(Connection(std::move(context), options), url);
}

tl::expected<Connection, ConnectError> Connection::log_in(Connection connection,
                                                          const RedisUrl& url) {
  if (!url.password.empty()) {
    std::vector<std::string_view> auth{"AUTH"};
    if (!url.user.empty()) auth.push_back(url.user);
    auth.push_back(url.password);
    if (Reply reply = connection.command(auth); reply.kind != Reply::Kind::text)
      return tl::unexpected(to_connect_error(std::move(reply), "AUTH"));
  }
  if (url.db != 0) {
    if (Reply reply = connection.command({"SELECT", std::to_string(url.db)});
        reply.kind != Reply::Kind::text)
      return tl::unexpected(to_connect_error(std::move(reply), "SELECT"));
  }
  return connection;
}

void Connection::append(const std::vector<std::string_view>& arguments) {
  const std::string bytes = format_command(arguments);
  redisAppendFormattedCommand(context_.get(), bytes.data(), bytes.size());
}

Reply Connection::command(const std::vector<std::string_view>& arguments) {
  append(arguments);
  return read_reply();
}

Reply Connection::lost() const { return no_reply(Reply::Kind::lost, context_->errstr); }

bool Connection::flush() {
  int done = 0;
  while (done == 0)
    if (redisBufferWrite(context_.get(), &done) != REDIS_OK) return false;
  return true;
}

Connection::Wait Connection::wait_readable(std::uint64_t deadline_ms) const {
  std::array<pollfd, 2> fds{pollfd{context_->fd, POLLIN, 0},
                            pollfd{options_.interrupt_fd, POLLIN, 0}};
  while (true) {
    const std::uint64_t now = monotonic_ms();
    if (now >= deadline_ms) return Wait::timed_out;
    ::poll(fds.data(), fds.size(),
           static_cast<int>(std::min<std::uint64_t>(deadline_ms - now, 60'000)));
    if (fds[1].revents != 0) return Wait::interrupted;
    if (fds[0].revents != 0) return Wait::readable;
  }
}

Reply Connection::read_reply() {
  if (!flush()) return lost();
  const auto patience = static_cast<std::uint64_t>(options_.reply_timeout.count());
  if (auto reply = read_reply_until(monotonic_ms() + patience)) return *std::move(reply);
  return no_reply(Reply::Kind::lost, "no reply within " + format_duration(options_.reply_timeout));
}

std::optional<Reply> Connection::read_reply_until(std::uint64_t deadline_ms) {
  while (true) {
    void* raw = nullptr;
    if (redisGetReplyFromReader(context_.get(), &raw) != REDIS_OK) return lost();
    if (raw != nullptr) return convert(*RawReply(static_cast<redisReply*>(raw)));
    const Wait wait = wait_readable(deadline_ms);
    if (wait == Wait::interrupted) return no_reply(Reply::Kind::interrupted, {});
    if (wait == Wait::timed_out) return std::nullopt;
    if (redisBufferRead(context_.get()) != REDIS_OK) return lost();
  }
}

bool Connection::is_alive() const noexcept {
  if (context_->err != 0) return false;
  // Nothing is due, so a readable socket means end of file (or an unsolicited error, then it).
  pollfd fd{context_->fd, POLLIN, 0};
  return ::poll(&fd, 1, 0) == 0;
}

std::string format_command(const std::vector<std::string_view>& arguments) {
  std::string out = "*" + std::to_string(arguments.size()) + "\r\n";
  for (const std::string_view argument : arguments) {
    out += "$" + std::to_string(argument.size()) + "\r\n";
    out.append(argument).append("\r\n");
  }
  return out;
}

std::string library_version() {
  return "hiredis " + std::to_string(HIREDIS_MAJOR) + "." + std::to_string(HIREDIS_MINOR) + "." +
         std::to_string(HIREDIS_PATCH);
}

}  // namespace sse::redis
