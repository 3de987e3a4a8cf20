#include "redis/async_connection.hpp"

#include <cstring>
#include <utility>
#include <vector>

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <uv.h>

#include "redis/raw_reply.hpp"
#include "redis/sentinel.hpp"
#include "redis/tls.hpp"

namespace sse::redis {

/// Tells hiredis when its socket is ready. (The adapter that comes with hiredis drops errors of the
/// socket: a refused connection would never be reported.)
class AsyncConnection::Events {
 public:
  static bool attach(redisAsyncContext& context, uv_loop_t* loop) {
    auto* events = new Events(context);
    if (uv_poll_init(loop, &events->poll_, context.c.fd) != 0) {
      delete events;
      return false;
    }
    events->poll_.data = events;
    context.ev.data = events;
    context.ev.addRead = [](void* self) { of(self).want(UV_READABLE, true); };
    context.ev.delRead = [](void* self) { of(self).want(UV_READABLE, false); };
    context.ev.addWrite = [](void* self) { of(self).want(UV_WRITABLE, true); };
    context.ev.delWrite = [](void* self) { of(self).want(UV_WRITABLE, false); };
    context.ev.cleanup = [](void* self) { of(self).detach(); };
    return true;
  }

 private:
  explicit Events(redisAsyncContext& context) : context_(&context) {}

  static Events& of(void* self) { return *static_cast<Events*>(self); }

  void want(int event, bool on) {
    wanted_ = on ? wanted_ | event : wanted_ & ~event;
    if (wanted_ == 0) {
      uv_poll_stop(&poll_);
      return;
    }
    uv_poll_start(&poll_, wanted_, [](uv_poll_t* poll, int status, int events) {
      of(poll->data).ready(status != 0 ? UV_READABLE | UV_WRITABLE : events);
    });
  }

  // Each call may end the context, which detaches.
  void ready(int events) {
    if (context_ != nullptr && (events & UV_WRITABLE) != 0) redisAsyncHandleWrite(context_);
    if (context_ != nullptr && (events & UV_READABLE) != 0) redisAsyncHandleRead(context_);
  }

  void detach() {
    context_ = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&poll_),
             [](uv_handle_t* poll) { delete static_cast<Events*>(poll->data); });
  }

  redisAsyncContext* context_;
  uv_poll_t poll_{};
  int wanted_ = 0;
};

/// What hiredis calls. The data of a context is its connection; null when that let go of it.
struct AsyncConnection::Callbacks {
  static AsyncConnection* of(const redisAsyncContext* context) {
    return static_cast<AsyncConnection*>(context->data);
  }

  static void connected(const redisAsyncContext* context, int status) {
    if (AsyncConnection* self = of(context); self != nullptr && status != REDIS_OK)
      self->ended(context->c.errstr, FreedBy::hiredis);
  }

  static void disconnected(const redisAsyncContext* context, int) {
    if (AsyncConnection* self = of(context))
      self->ended(context->err != 0 ? context->errstr : "closed", FreedBy::hiredis);
  }

  static void replied(redisAsyncContext* context, void* raw, void* data) {
    const std::unique_ptr<OnReply> reply(static_cast<OnReply*>(data));
    (*reply)(raw != nullptr ? convert(*static_cast<redisReply*>(raw))
                            : no_reply(Reply::Kind::lost, context->errstr != nullptr
                                                              ? context->errstr
                                                              : "the connection was closed"));
  }

  static void pushed(redisAsyncContext* context, void* raw, void*) {
    AsyncConnection* self = of(context);
    if (self != nullptr && raw != nullptr) self->pushed(raw);
  }
};

AsyncConnection::AsyncConnection(net::Loop& loop, Handler& handler)
    : loop_(loop), handler_(handler) {}

AsyncConnection::~AsyncConnection() { close(); }

void AsyncConnection::open(const RedisUrl& url) {
  close();
  redisAsyncContext* context = url.unix_path.empty() ? redisAsyncConnect(url.host.c_str(), url.port)
                                                     : redisAsyncConnectUnix(url.unix_path.c_str());
  if (context == nullptr) return handler_.lost("out of memory");
  if (context->err != 0) {
    std::string why = context->errstr;
    redisAsyncFree(context);
    return handler_.lost(std::move(why));
  }
  context->data = this;
  context_ = context;
  if (!Events::attach(*context, loop_.uv())) return ended("cannot watch the socket");
  if (auto tls = begin_tls(context->c, url); !tls) return ended(std::move(tls.error().message));
  redisAsyncSetDisconnectCallback(context, &Callbacks::disconnected);
  // Set last: it starts the watching.
  redisAsyncSetConnectCallback(context, &Callbacks::connected);
  log_in(url);
}

void AsyncConnection::close() {
  redisAsyncContext* const context = std::exchange(context_, nullptr);
  if (context == nullptr) return;
  context->data = nullptr;
  redisAsyncFree(context);
}

// Commands are sent when the connection stands. The last answer counts: PING is refused too where a
// login is missing.
void AsyncConnection::log_in(const RedisUrl& url) {
  const auto refused = [this](const std::string& what, const Reply& reply) {
    if (reply.kind == Reply::Kind::error) ended(what + ": " + reply.text);
  };
  if (!url.password.empty()) {
    Words auth{"AUTH"};
    if (!url.user.empty()) auth.push_back(url.user);
    auth.push_back(url.password);
    send(auth, [refused](const Reply& reply) { refused("AUTH", reply); });
  }
  if (url.db != 0)
    send({"SELECT", std::to_string(url.db)},
         [refused](const Reply& reply) { refused("SELECT", reply); });
  if (!url.master.empty())
    send(role_question(), [this](const Reply& reply) {
      if (reply.kind == Reply::Kind::lost) return;
      if (auto checked = check_role(reply); !checked) ended(std::move(checked.error().message));
    });
  send({"PING"}, [this, refused](const Reply& reply) {
    refused("PING", reply);
    if (reply.kind == Reply::Kind::text) handler_.connected();
  });
}

// Lets go of the context first: it reports to nobody from here on.
void AsyncConnection::ended(std::string why, FreedBy freed_by) {
  redisAsyncContext* const context = std::exchange(context_, nullptr);
  if (context == nullptr) return;
  context->data = nullptr;
  if (freed_by == FreedBy::us) redisAsyncFree(context);
  handler_.lost(std::move(why));
}

void AsyncConnection::send(const Words& words, OnReply reply) {
  if (context_ == nullptr) return;
  const std::string bytes = format_command({words.begin(), words.end()});
  auto* const data = new OnReply(std::move(reply));
  if (redisAsyncFormattedCommand(context_, &Callbacks::replied, data, bytes.data(), bytes.size()) !=
      REDIS_OK) {
    const std::unique_ptr<OnReply> owned(data);
    (*owned)(no_reply(Reply::Kind::lost, "the connection is closing"));
  }
}

void AsyncConnection::issue(const Words& words) {
  if (context_ == nullptr) return;
  const std::string bytes = format_command({words.begin(), words.end()});
  redisAsyncFormattedCommand(context_, &Callbacks::pushed, nullptr, bytes.data(), bytes.size());
}

void AsyncConnection::subscribe(std::string_view topic) {
  issue({"SUBSCRIBE", std::string(topic)});
}

void AsyncConnection::unsubscribe(std::string_view topic) {
  issue({"UNSUBSCRIBE", std::string(topic)});
}

void AsyncConnection::subscribe_pattern(std::string_view pattern) {
  issue({"PSUBSCRIBE", std::string(pattern)});
}

void AsyncConnection::pushed(const void* raw) {
  const auto& reply = *static_cast<const redisReply*>(raw);
  const auto text = [&reply](std::size_t i) {
    const redisReply& element = *reply.element[i];
    return std::string_view(element.str, element.str == nullptr ? 0 : element.len);
  };
  if (reply.type == REDIS_REPLY_ERROR) return ended(std::string(reply.str, reply.len));
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements < 3) return;
  if (text(0) == "message") return handler_.message(text(1), text(2), {});
  if (text(0) == "pmessage" && reply.elements == 4)
    return handler_.message(text(2), text(3), text(1));
  if (text(0) == "subscribe") handler_.subscribed(text(1));
}

}  // namespace sse::redis
