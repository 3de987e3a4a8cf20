#include "redis/node.hpp"

#include <utility>

#include "base/clock.hpp"
#include "net/blocked_signals.hpp"

namespace sse::redis {
namespace {

constexpr std::uint64_t kSweepMs = 1'000;

}  // namespace

Node::Node(hub::Hub& hub, NodeOptions options)
    : options_(std::move(options)),
      link_(loop_, ear_, options_.link),
      feed_(hub, link_, options_.feed),
      wake_(loop_, [this] { work(); }),
      tick_(loop_, [this] { tick(); }) {}

Node::~Node() { stop(); }

void Node::start() {
  const net::BlockedSignals blocked;
  thread_ = std::thread([this] {
    tick_.start(kSweepMs, kSweepMs);
    link_.start();
    loop_.run();
  });
}

void Node::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    tasks_.clear();
  }
  wake_.wake();
  thread_.join();
}

void Node::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    tasks_.push_back(std::move(task));
    if (tasks_.size() > 1) return;
  }
  wake_.wake();
}

void Node::work() {
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
    if (stopping_) {
      link_.stop();
      loop_.stop();
      return;
    }
  }
  for (const Task& task : tasks) task();
  ready_ = feed_.is_ready();
}

void Node::tick() {
  feed_.sweep(loop_.now_ms());
  ready_ = feed_.is_ready();
}

void Node::up(const HubState& state) {
  reconnects_.fetch_add(1);
  feed_.up(state);
  ready_ = feed_.is_ready();
  options_.feed.log("connected to Redis at " + masked(link_.address()));
  told_away_ = false;
}

// Once for each time it goes away: further tries fail for the same reason or a lesser one.
void Node::down(const std::string& why) {
  ready_ = false;
  feed_.down(why);
  if (!why.empty()) why_away_ = why;
  if (why.empty() || std::exchange(told_away_, true)) return;
  options_.feed.log("Redis at " + masked(options_.link.url) + " is away: " + why +
                    "; streams stay open, publishing is refused");
}

void Node::want(std::string channel, std::function<void()> ready) {
  post([this, channel = std::move(channel), ready = std::move(ready)]() mutable {
    feed_.want(channel, std::move(ready));
  });
}

void Node::want_news(std::function<void()> ready) {
  post([this, ready = std::move(ready)]() mutable { feed_.want_news(std::move(ready)); });
}

void Node::publish(Outgoing outgoing, std::function<void(Receipt)> done) {
  post([this, outgoing = std::move(outgoing), done = std::move(done)]() mutable {
    send(std::move(outgoing), std::move(done));
  });
}

void Node::send(Outgoing outgoing, std::function<void(Receipt)> done) {
  if (!link_.is_up())
    return done({.end = Receipt::End::away, .reason = "Redis is away: " + why_away_});
  if (publishes_ >= options_.publishes_max)
    return done({.end = Receipt::End::full,
                 .reason = "too many events are on their way to Redis (--redis-publishes-max)"});
  ++publishes_;
  const std::size_t count = outgoing.events.size();
  const auto answered = [this, channel = outgoing.channel, count,
                         done = std::move(done)](const Reply& reply) {
    --publishes_;
    done(receipt(reply, channel, count));
  };
  if (has_history()) {
    const std::string candidate = hub::new_epoch(unix_ms());
    link_.send(publish_call(link_.publish_sha(), link_.options().keys,
                            {outgoing.channel, outgoing.events, link_.run(), candidate,
                             outgoing.producer, outgoing.number, options_.feed.producer_ttl_ms}),
               answered);
    return;
  }
  const std::string topic = link_.options().keys.topic(outgoing.channel);
  for (std::size_t i = 0; i + 1 < count; ++i)
    link_.send({"PUBLISH", topic, std::move(outgoing.events[i])}, [](const Reply&) {});
  link_.send({"PUBLISH", topic, std::move(outgoing.events.back())}, answered);
}

Receipt Node::receipt(const Reply& reply, const std::string& channel, std::size_t count) {
  if (reply.kind == Reply::Kind::lost)
    return {.end = Receipt::End::unknown,
            .reason = "the connection to Redis broke: published or not, nobody knows"};
  if (reply.kind == Reply::Kind::integer) return {.count = count, .nodes = reply.integer};
  const auto answer = read_publish(reply);
  if (!answer) {
    const std::string& why = answer.error().message;
    if (link_.follow(why)) return {.end = Receipt::End::away, .reason = "Redis has moved"};
    if (is_other_run(why) || is_unknown_script(why)) {
      link_.reset(why);
      return {.end = Receipt::End::away, .reason = "Redis was restarted"};
    }
    const HubKeys& keys = link_.options().keys;
    return {.end = Receipt::End::refused,
            .reason = why + " (" + keys.meta() + ", " + keys.channel(channel) + ", " +
                      keys.stream(channel) + ")"};
  }
  if (answer->epoch != feed_.seen().epoch) link_.beat_now();  // the history began again
  if (answer->count > 0) feed_.saw(answer->epoch, answer->first + answer->count - 1);
  return {.epoch = answer->epoch,
          .first = answer->first,
          .count = answer->count,
          .duplicates = count - answer->count};
}

void Node::read(std::string channel, std::optional<std::uint64_t> after,
                std::function<void(Result<ReadAnswer>)> done) {
  read({.what = ReadCall::What::events, .from = after, .count = options_.feed.page},
       std::move(channel), std::move(done));
}

void Node::read_numbers(std::string channel, std::size_t count,
                        std::function<void(Result<ReadAnswer>)> done) {
  read({.what = ReadCall::What::numbers, .count = count}, std::move(channel), std::move(done));
}

void Node::read(ReadCall call, std::string channel, std::function<void(Result<ReadAnswer>)> done) {
  post([this, call, channel = std::move(channel), done = std::move(done)]() mutable {
    if (!link_.is_up()) return done(fail("Redis is away"));
    call.channel = channel;
    link_.send(read_call(link_.read_sha(), link_.options().keys, call),
               [done](Reply reply) { done(read_read(std::move(reply))); });
  });
}

}  // namespace sse::redis
