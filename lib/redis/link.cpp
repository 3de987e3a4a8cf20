#include "redis/link.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "hub/event_id.hpp"
#include "redis/moved.hpp"
#include "redis/sentinel.hpp"
#include "redis/server_info.hpp"

namespace sse::redis {
namespace {

constexpr std::uint64_t kTickMs = 100;
constexpr std::uint64_t kBeatMs = 1'000;
constexpr std::uint64_t kBackoffMs = 100;  ///< before the second try; doubles

}  // namespace

Link::Link(net::Loop& loop, Handler& handler, LinkOptions options)
    : loop_(loop),
      handler_(handler),
      options_(std::move(options)),
      address_(options_.url),
      commands_(loop, command_ear_),
      subscriber_(loop, subscriber_ear_),
      retry_(loop, [this] { connect(); }),
      tick_(loop, [this] { tick(); }) {}

void Link::start() {
  tick_.start(kTickMs, kTickMs);
  connect();
}

void Link::stop() {
  failing_ = true;
  retry_.stop();
  tick_.stop();
  commands_.close();
  subscriber_.close();
}

void Link::connect() {
  deadline_ms_ = loop_.now_ms() + options_.timeout_ms;
  asking_ = needs_master(address_);
  if (asking_)
    commands_.open(sentinel_of(options_.url, sentinel_));
  else
    connect_server();
}

void Link::ask_sentinel() {
  commands_.send(master_question(options_.url), [this](const Reply& reply) {
    if (reply.kind == Reply::Kind::lost) return;
    auto master = read_master(options_.url, reply);
    if (!master) return fail(master.error().message);
    address_ = *std::move(master);
    asking_ = false;
    commands_.close();
    connect_server();
  });
}

void Link::connect_server() {
  steps_left_ = 3;  // the subscriber, the commands, the topic of all nodes
  beating_ = beat_wanted_ = false;
  commands_.open(address_);
  if (commands_.is_open()) subscriber_.open(address_);
}

void Link::connected(bool subscriber) {
  if (asking_) return ask_sentinel();
  if (subscriber) {
    subscriber_.subscribe(options_.keys.nodes());
    return step_done();
  }
  if (!options_.history) return step_done();
  commands_.send({"INFO", "server"}, [this](const Reply& reply) { introduced(reply); });
}

void Link::introduced(const Reply& info) {
  if (info.kind == Reply::Kind::lost) return;
  auto run = run_for_history(info);
  if (!run) return fail(run.error().message);
  run_ = *std::move(run);
  load_scripts();
}

void Link::load_scripts() {
  load(publish_script(), publish_sha_);
  load(read_script(), read_sha_);
  const auto loaded = [this](const Reply& reply) {
    if (reply.kind == Reply::Kind::lost) return;
    if (reply.kind != Reply::Kind::text) return fail("SCRIPT LOAD: " + reply.text);
    take_over_sha_ = reply.text;
    take_over();
  };
  commands_.send({"SCRIPT", "LOAD", take_over_script()}, loaded);
}

void Link::load(const std::string& script, std::string& sha) {
  commands_.send({"SCRIPT", "LOAD", script}, [this, &sha](const Reply& reply) {
    if (reply.kind == Reply::Kind::error) return fail("SCRIPT LOAD: " + reply.text);
    sha = reply.text;
  });
}

void Link::take_over() {
  const auto taken = [this](const Reply& reply) {
    if (reply.kind == Reply::Kind::lost) return;
    auto state = read_take_over(reply);
    if (!state && follow(state.error().message)) return;
    if (!state) return fail(options_.keys.meta() + " cannot be used: " + state.error().message);
    state_ = *std::move(state);
    step_done();
  };
  commands_.send(take_over_call(take_over_sha_, options_.keys, run_, hub::new_epoch(unix_ms()),
                                handler_.seen(), options_.history),
                 taken);
}

void Link::step_done() {
  if (--steps_left_ > 0) return;
  up_ = true;
  failures_ = 0;
  deadline_ms_ = 0;
  next_beat_ms_ = loop_.now_ms() + kBeatMs;
  handler_.up(state_);
}

void Link::subscribed(std::string_view topic) {
  if (resetting_) return;
  if (topic != options_.keys.nodes()) return handler_.subscribed(topic);
  if (!up_) return step_done();
  if (!std::exchange(beating_, false)) return;
  deadline_ms_ = 0;
  next_beat_ms_ = loop_.now_ms() + kBeatMs;
  handler_.beat(state_);
  if (up_ && std::exchange(beat_wanted_, false)) begin_beat();
}

void Link::send(const Words& words, AsyncConnection::OnReply reply) {
  commands_.send(words, std::move(reply));
}

// Redis answers in order: a publisher must not be told that nobody knows.
void Link::reset(const std::string& why) {
  if (!up_) return;
  up_ = false;
  resetting_ = true;
  deadline_ms_ = loop_.now_ms() + options_.timeout_ms;
  commands_.send({"PING"}, [this, why](const Reply& reply) {
    if (reply.kind == Reply::Kind::lost) return;
    failures_ = 0;
    fail(why);
  });
}

// All keys of a hub are in one place, and messages reach every node of a cluster.
bool Link::follow(std::string_view error) {
  auto next = moved_to(error, address_);
  if (!next) return false;
  fail({});
  address_ = *std::move(next);
  return true;
}

// Closing answers outstanding commands, whose owners may come back here.
void Link::fail(const std::string& why) {
  if (std::exchange(failing_, true)) return;
  const bool was_up = std::exchange(up_, false) || resetting_;
  // Where a cluster sent us there may be nobody any more; sentinels always know better.
  if (!was_up || !options_.url.sentinels.empty()) address_ = options_.url;
  const std::string asked =
      std::exchange(asking_, false) ? masked(sentinel_of(options_.url, sentinel_)) + ": " : "";
  ++sentinel_;
  resetting_ = false;
  deadline_ms_ = 0;
  commands_.close();
  subscriber_.close();
  failing_ = false;
  const std::uint64_t pause =
      std::min(kBackoffMs << std::min(failures_++, 16u), options_.backoff_ms_max);
  retry_.start(failures_ == 1 ? 0 : pause / 2 + random_below(pause / 2 + 1));
  handler_.down(asked + why);
}

void Link::beat_now() {
  if (beating_)
    beat_wanted_ = true;
  else
    begin_beat();
}

// First the state, then a word on the other connection: what comes back there comes after every
// message that was published before.
void Link::begin_beat() {
  beating_ = true;
  deadline_ms_ = loop_.now_ms() + options_.timeout_ms;
  const auto told = [this](const Reply& reply) {
    if (reply.kind == Reply::Kind::lost || resetting_) return;
    if (options_.history) {
      if (follow(reply.text)) return;
      if (reply.kind != Reply::Kind::array || reply.elements.size() != 2)
        return fail(options_.keys.meta() + ": " + reply.text);
      state_.epoch = reply.elements[0].text;
      const std::string& seq = reply.elements[1].text;
      state_.seq = 0;
      std::from_chars(seq.data(), seq.data() + seq.size(), state_.seq);
    }
    subscriber_.subscribe(options_.keys.nodes());
  };
  if (options_.history)
    commands_.send({"HMGET", options_.keys.meta(), "epoch", "seq"}, told);
  else
    commands_.send({"PING"}, told);
}

void Link::tick() {
  const std::uint64_t now = loop_.now_ms();
  if (deadline_ms_ != 0 && now >= deadline_ms_)
    return fail((up_ || resetting_ ? "no answer within " : "no connection within ") +
                std::to_string(options_.timeout_ms) + " ms (--redis-timeout)");
  if (up_ && !beating_ && now >= next_beat_ms_) begin_beat();
}

}  // namespace sse::redis
