#include <algorithm>
#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "http/response.hpp"
#include "http/stream_head.hpp"
#include "redis/envelope.hpp"
#include "redis/history_script.hpp"
#include "server/date_header.hpp"
#include "server/gap.hpp"
#include "server/idempotency.hpp"
#include "server/router.hpp"
#include "server/worker.hpp"

// What the router does where events come from Redis and go to Redis.
namespace sse::server {
namespace {

using http::Request;

constexpr std::size_t kLastMax = 100'000;  ///< events one can go back by number, beyond a log

/// Runs a continuation on the stream's worker, unless the stream is gone by then.
class Return {
 public:
  Return(Stream& stream, std::uint64_t patience_ms)
      : worker_(&stream.worker()), ticket_(stream.await(patience_ms)) {}

  void operator()(std::function<void(Stream&)> go_on) const {
    worker_->post([worker = worker_, ticket = ticket_, go_on = std::move(go_on)] {
      if (Stream* stream = worker->take_ticket(ticket)) go_on(*stream);
    });
  }

 private:
  Worker* worker_;
  std::uint64_t ticket_;
};

}  // namespace

// Whether the channels of a stream are up to date here, as far as the client can have seen them. An
// id that is still ahead after news were awaited is an invented one.
bool Router::has_arrived(const Exchange& exchange, const Channels& channels,
                         const hub::StartPoint& from) const {
  if (!std::ranges::all_of(channels, [](const auto& channel) { return channel->fed.load(); }))
    return false;
  const auto seq = own_number(from);
  return exchange.news_awaited || !seq || *seq <= shared_.hub.position();
}

// The number in an id that the hub gave out, in its present life.
std::optional<hub::Seq> Router::own_number(const hub::StartPoint& from) const {
  const auto* after = std::get_if<hub::StartAfterId>(&from);
  const auto id = after == nullptr ? std::nullopt : hub::parse_event_id(after->id);
  if (!id || !shared_.node->has_history() || id->epoch != shared_.hub.epoch()) return std::nullopt;
  return id->seq;
}

void Router::await_arrival(Stream& stream, const Channels& channels) const {
  const Return back(stream, shared_.options.patience_ms);
  std::vector<std::string> wanted;
  for (const auto& channel : channels)
    if (!channel->fed) wanted.push_back(channel->name());
  const auto arrived = [back] { back([](Stream& waiting) { waiting.answered(std::nullopt); }); };
  if (wanted.empty()) {
    stream.exchange().news_awaited = true;
    return shared_.node->want_news(arrived);
  }
  // All callbacks come on the node's thread.
  const auto left = std::make_shared<std::size_t>(wanted.size());
  for (std::string& name : wanted)
    shared_.node->want(std::move(name), [left, arrived] {
      if (--*left == 0) arrived();
    });
}

void Router::subscribe_upstream(Stream& stream, const Request& request, const Channels& channels,
                                const hub::StartPoint& from) const {
  Exchange& exchange = stream.exchange();
  if (exchange.replay) return go_on_replaying(stream);
  if (!has_arrived(exchange, channels, from)) return await_arrival(stream, channels);
  const hub::Start start = shared_.hub.start(channels, from);
  if (request.method == http::Method::head || !reads_history(channels, from, start))
    return open(stream, request, channels, from, start);
  Replay::Goal goal;
  goal.epoch = start.epoch;
  if (const auto* after = std::get_if<hub::StartAfterId>(&from)) {
    goal.requested = after->id;
    if (const auto seq = own_number(from))
      goal.after = *seq;
    else
      goal.id = after->id;
  } else if (const auto* since = std::get_if<hub::StartSince>(&from)) {
    goal.since_ms = since->time_ms;
    goal.requested = since->requested;
  }
  if (const auto* last = std::get_if<hub::StartLast>(&from))
    goal.last = std::min(last->count, kLastMax);
  exchange.replay = std::make_unique<Replay>(std::move(goal), channels.size());
  exchange.channels = channels;
  read_history(stream);
}

// Whether Redis may hold something of what is asked for that the logs here do not.
bool Router::reads_history(const Channels& channels, const hub::StartPoint& from,
                           const hub::Start& start) const {
  if (!shared_.node->has_history()) return false;
  if (start.gap && start.gap->reason == hub::GapReason::unknown) return !own_number(from);
  if (start.gap) return start.gap->reason == hub::GapReason::evicted;
  const bool older_held = std::ranges::any_of(
      channels, [](const auto& channel) { return channel->log().last_evicted().seq > 0; });
  if (std::holds_alternative<hub::StartEarliest>(from)) return older_held;
  const auto* last = std::get_if<hub::StartLast>(&from);
  if (last == nullptr || !older_held) return false;
  std::size_t held = 0;
  for (const auto& channel : channels) held += channel->log().held_after(0);
  return held < last->count;
}

void Router::read_history(Stream& stream) const {
  const Exchange& exchange = stream.exchange();
  const Return back(stream, shared_.options.patience_ms);
  struct Gathered {
    ReplayRound round;
    std::size_t left;
  };
  const std::size_t count = exchange.channels.size();
  const auto gathered = std::make_shared<Gathered>(Gathered{ReplayRound(count), count});
  const std::size_t numbers = exchange.replay->numbers_wanted();
  for (std::size_t i = 0; i < count; ++i) {
    const auto done = [this, back, gathered, i](Result<redis::ReadAnswer> answer) {
      gathered->round[i] = std::move(answer);
      if (--gathered->left > 0) return;
      back([this, gathered](Stream& c) { history_read(c, std::move(gathered->round)); });
    };
    const std::string& name = exchange.channels[i]->name();
    if (numbers > 0)
      shared_.node->read_numbers(name, numbers, done);
    else
      shared_.node->read(name, exchange.replay->position(), done);
  }
}

// Without Redis there is no telling the client what it missed: it waits. Where what Redis holds
// cannot be read, it comes back with its position.
void Router::history_read(Stream& stream, ReplayRound round) const {
  Exchange& exchange = stream.exchange();
  exchange.ticket = 0;
  Replay& replay = *exchange.replay;
  const bool had_begun = replay.has_begun();
  const hub::Seq from = replay.position();
  std::string blocks;
  if (const auto taken = replay.take(std::move(round), blocks); !taken) {
    if (!shared_.node->is_ready()) return await_arrival(stream, {});
    return stream.close(Stream::Close::abort);
  }
  std::string opening;
  if (had_begun && !exchange.primed) {
    exchange.primed = true;
    stream.worker().stats().resumed.add();
    if (stream.state() == Stream::State::request)
      opening = stream.start_head(head(stream.request(), replay.gap()));
    opening += prime_block(stream.worker().jittered_retry_ms(), replay.epoch(), from);
    if (replay.gap()) stream.worker().stats().gaps.add();
    if (replay.gap() && replay.gap()->reason == hub::GapReason::unknown)
      opening += gap_block(*replay.gap());
  }
  opening += blocks;
  if (opening.empty()) return go_on_replaying(stream);
  stream.begin_opening(opening);  // goes on when all is out
}

// The logs here take over as soon as they hold all that is left.
void Router::go_on_replaying(Stream& stream) const {
  Exchange& exchange = stream.exchange();
  const Replay& replay = *exchange.replay;
  if (!replay.has_begun() || !exchange.primed) return read_history(stream);
  const hub::StartAfterId from{hub::format_event_id(replay.epoch(), replay.position())};
  const hub::Start start = shared_.hub.start(exchange.channels, from);
  if (start.epoch != replay.epoch()) return stream.close();
  if (start.gap) return read_history(stream);
  const Channels channels = std::move(exchange.channels);
  stream.open(channels, start, std::exchange(exchange.out, {}));
}

void Router::gave_up(Stream& stream) const {
  if (stream.worker().draining()) return stream.close();
  Exchange& exchange = stream.exchange();
  const Request& request = stream.request();
  if (request.method == http::Method::post) {
    stream.worker().forget_ticket(std::exchange(exchange.ticket, 0));
    return refuse(stream, request,
                  {503, "Redis did not answer in time: published or not, nobody knows", {}}, false);
  }
  if (request.method == http::Method::head) {
    stream.worker().forget_ticket(std::exchange(exchange.ticket, 0));
    return refuse(stream, request, {503, "Redis is away", {{"Retry-After", "1"}}}, false);
  }
  stream.begin_opening(stream.start_head(head(request, std::nullopt)));
}

void Router::publish_upstream(Stream& stream, const Request& request, std::string_view name,
                              const Publication& publication,
                              const Idempotency& idempotency) const {
  Exchange& exchange = stream.exchange();
  if (exchange.receipt) {
    const redis::Receipt receipt = *std::exchange(exchange.receipt, std::nullopt);
    return answer_publisher(stream, request, name, publication, receipt);
  }
  redis::Outgoing outgoing{.channel = std::string(name),
                           .events = {},
                           .producer = idempotency.key,
                           .number = idempotency.number};
  std::uint64_t number = idempotency.number;
  for (const EventFields& fields : publication.fields())
    outgoing.events.push_back(shared_.node->has_history()
                                  ? redis::encode_event(fields)
                                  : redis::encode_message(fields, {idempotency.key, number++}));
  const Return back(stream, shared_.options.body_ms);
  shared_.node->publish(std::move(outgoing), [back](redis::Receipt receipt) {
    back([receipt = std::move(receipt)](Stream& c) { c.answered(receipt); });
  });
}

void Router::answer_publisher(Stream& stream, const Request& request, std::string_view name,
                              const Publication& publication,
                              const redis::Receipt& answered) const {
  using End = redis::Receipt::End;
  if (answered.end == End::refused)
    return refuse(stream, request, {502, "Redis refused: " + answered.reason, {}},
                  request.keep_alive);
  if (answered.end != End::accepted)
    return refuse(stream, request, {503, answered.reason, {{"Retry-After", "1"}}},
                  request.keep_alive);
  const auto channel = shared_.hub.find(name);
  ReceiptFacts facts{.channel = name,
                     .ids = {},
                     .duplicates = answered.duplicates,
                     .streams = channel ? channel->streams.load() : 0,
                     .nodes = {}};
  if (!shared_.node->has_history()) facts.nodes = answered.nodes;
  const auto fields = publication.fields().last(
      shared_.node->has_history() ? static_cast<std::size_t>(answered.count) : 0);
  hub::Seq seq = answered.first;
  for (const EventFields& event : fields) {
    const std::string minted = hub::format_event_id(answered.epoch, seq++);
    facts.ids.push_back(event.id ? std::string(*event.id) : minted);
  }
  answer(stream, request, 200, "application/json", receipt(facts));
}

}  // namespace sse::server
