#include "redis/history_publisher.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "hub/event_id.hpp"
#include "redis/moved.hpp"
#include "redis/server_info.hpp"

namespace sse::redis {
namespace {

using End = PublishReport::End;

constexpr int kRepairsMax = 3;  ///< in one publish(), before it is left to another time
constexpr int kMovesMax = 5;    ///< in one connect()

std::vector<std::string_view> views(const Words& words) { return {words.begin(), words.end()}; }

bool is_repairable(const Reply& reply) {
  return reply.kind == Reply::Kind::error &&
         (is_other_run(reply.text) || is_unknown_script(reply.text) ||
          moved_to(reply.text, {}).has_value());
}

// No event is on its way yet.
End end_of_preparing(const Reply& reply) {
  if (reply.kind == Reply::Kind::interrupted) return End::interrupted;
  if (is_unknown_script(reply.text)) return End::not_now;  // forgotten as soon as it was loaded
  return reply.kind == Reply::Kind::lost ? End::not_connected : End::refused;
}

}  // namespace

/// What came back for one window of events.
struct HistoryPublisher::Window {
  std::vector<std::size_t> sizes;  ///< events of each call
  std::vector<Reply> replies;      ///< fewer than calls: the connection failed

  /// The call from which on everything has to be sent again; sizes.size(): none. A call that
  /// succeeded behind a failed one makes that impossible: it would come too late.
  std::size_t first_to_repeat() const {
    const auto first = std::find_if(replies.begin(), replies.end(), is_repairable);
    if (replies.size() < sizes.size() || !std::all_of(first, replies.end(), is_repairable))
      return sizes.size();
    return static_cast<std::size_t>(first - replies.begin());
  }
};

PublishReport HistoryPublisher::connect() {
  PublishReport report;
  RedisUrl asked;
  int moves_left = kMovesMax;
  do {
    asked = address_;
    report = connect_there();
  } while (address_ != asked && moves_left-- > 0);
  // Where a cluster sent us there may be nobody any more.
  if (report.end != End::done) address_ = options_.url;
  return report;
}

PublishReport HistoryPublisher::connect_there() {
  if (!connection_ || !connection_->is_alive()) ready_ = false;
  PublishReport report = open_if_closed(connection_, address_, options_.connection);
  if (report.end != End::done || ready_) return report;
  if (const auto prepared = prepare(report); !prepared && report.end == End::done)
    report.note(End::refused, prepared.error().message);
  ready_ = report.end == End::done;
  if (!ready_) connection_.reset();
  return report;
}

// Loads the scripts and learns, or says, which Redis process counts.
Result<void> HistoryPublisher::prepare(PublishReport& report) {
  const auto ask = [&](const Words& words, const std::string& what) -> Result<Reply> {
    Reply reply = connection_->command(views(words));
    if (reply.kind == Reply::Kind::text || reply.kind == Reply::Kind::array) return reply;
    follow(reply.text);
    report.note(end_of_preparing(reply), what + ": " + reply.text);
    return fail(report.reason);
  };
  const auto info = ask({"INFO", "server"}, "INFO server");
  if (!info) return tl::unexpected(info.error());
  const auto run = run_for_history(*info);
  if (!run) return tl::unexpected(run.error());
  const auto publish = ask({"SCRIPT", "LOAD", publish_script()}, "SCRIPT LOAD");
  if (!publish) return tl::unexpected(publish.error());
  const auto take_over = ask({"SCRIPT", "LOAD", take_over_script()}, "SCRIPT LOAD");
  if (!take_over) return tl::unexpected(take_over.error());
  candidate_ = hub::new_epoch(unix_ms());
  const auto taken =
      ask(take_over_call(take_over->text, options_.keys, *run, candidate_, seen_, std::nullopt),
          options_.keys.meta() + " cannot be used");
  if (!taken) return tl::unexpected(taken.error());
  const auto state = read_take_over(*taken);
  if (!state) return fail(options_.keys.meta() + " cannot be used: " + state.error().message);
  publish_sha_ = publish->text;
  seen_ = {state->epoch, state->seq, *run};
  renew_candidate(state->epoch);
  return {};
}

// A name that a hub was given once must not be given to the next one: ids would repeat.
void HistoryPublisher::renew_candidate(std::string_view epoch) {
  if (epoch == candidate_) candidate_ = hub::new_epoch(unix_ms());
}

// If the error is that of a cluster whose keys are elsewhere, connect() goes there.
void HistoryPublisher::follow(std::string_view error) {
  auto next = moved_to(error, address_);
  if (!next) return;
  address_ = *std::move(next);
  connection_.reset();
}

// How many of the messages, from the first on, go in one call.
std::size_t HistoryPublisher::call_size(std::span<const Message> messages) const {
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (const Message& message :
       messages.first(std::min(messages.size(), options_.call_events_max))) {
    bytes += message.fields.data.value_or(std::string_view()).size();
    const bool fits = bytes <= options_.call_bytes_max || count == 0;
    if (message.channel != messages.front().channel || !fits) break;
    ++count;
  }
  return count;
}

Words HistoryPublisher::words_of(std::span<const Message> messages) const {
  std::vector<std::string> events;
  events.reserve(messages.size());
  for (const Message& message : messages) events.push_back(encode_event(message.fields));
  const Message& first = messages.front();
  return publish_call(publish_sha_, options_.keys,
                      {.channel = first.channel,
                       .events = events,
                       .run = seen_.run,
                       .candidate = candidate_,
                       .producer = first.producer.key,
                       .number = first.producer.number,
                       .producer_ttl_ms = options_.producer_ttl_ms});
}

// Sends a window and takes its replies, as far as they come.
HistoryPublisher::Window HistoryPublisher::exchange(std::span<const Message> messages,
                                                    PublishReport& report) {
  Window window;
  while (!messages.empty()) {
    const std::size_t size = call_size(messages);
    connection_->append(views(words_of(messages.first(size))));
    connection_->flush();  // Redis works on this call while the next one is encoded
    window.sizes.push_back(size);
    messages = messages.subspan(size);
  }
  while (window.replies.size() < window.sizes.size()) {
    Reply reply = connection_->read_reply();
    if (reply.kind == Reply::Kind::lost) report.note(End::lost, std::move(reply.text));
    if (reply.kind == Reply::Kind::interrupted) report.note(End::interrupted, {});
    if (report.end != End::done) break;
    window.replies.push_back(std::move(reply));
  }
  return window;
}

// Takes the answers to the calls before `until` down. How many events they had.
std::size_t HistoryPublisher::settle(const Window& window, std::size_t until,
                                     HistoryReport& report) {
  PublishReport& published = report.published;
  const std::size_t before = published.answered();
  for (std::size_t i = 0; i < std::min(until, window.replies.size()); ++i) {
    const auto given = read_publish(window.replies[i]);
    (given ? published.accepted : published.refused) += window.sizes[i];
    if (!given) published.note(End::refused, given.error().message);
    if (given && given->count > 0) {
      seen_.epoch = given->epoch;
      seen_.seq = given->first + given->count - 1;
      renew_candidate(given->epoch);
    }
    report.answers.push_back({window.sizes[i], given ? std::optional(*given) : std::nullopt});
  }
  return published.answered() - before;
}

HistoryReport HistoryPublisher::publish(std::span<const Message> messages) {
  HistoryReport report{connect(), {}};
  PublishReport& published = report.published;
  int repairs_left = kRepairsMax;
  while (published.end == End::done && !messages.empty()) {
    const auto sent = messages.first(std::min(messages.size(), options_.window));
    const Window window = exchange(sent, published);
    const std::size_t repeat_from = window.first_to_repeat();
    const std::size_t settled = settle(window, repeat_from, report);
    messages = messages.subspan(settled);
    const bool repeats = repeat_from < window.sizes.size();
    published.sent += repeats ? settled : sent.size();
    if (repeats) repair(window.replies[repeat_from].text, repairs_left, published);
  }
  if (published.end == End::lost || published.end == End::interrupted) connection_.reset();
  return report;
}

// Gets ready again for a Redis that forgot the script, or was not the one to count or to be asked.
void HistoryPublisher::repair(const std::string& reason, int& left, PublishReport& report) {
  if (left-- == 0) return report.note(End::not_now, reason);
  ready_ = false;
  follow(reason);
  const PublishReport again = connect();
  report.note(again.end, again.reason);
}

std::string HistoryPublisher::render(std::span<const Message> messages) const {
  HistoryPublisher stranger(options_);
  stranger.publish_sha_ = "SHA1";
  stranger.candidate_ = "EPOCH";
  stranger.seen_.run = "RUN";
  std::string bytes;
  while (!messages.empty()) {
    const std::size_t size = call_size(messages);
    bytes += format_command(views(stranger.words_of(messages.first(size))));
    messages = messages.subspan(size);
  }
  return bytes;
}

}  // namespace sse::redis
