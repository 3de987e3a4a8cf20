#include "sse-pub/publication.hpp"

#include <algorithm>
#include <cmath>

#include "base/clock.hpp"
#include "sse-pub/template.hpp"

namespace sse::pub {
namespace {

// What the options give and the input does not.
void fill_in(const PubOptions& options, OutgoingEvent& event) {
  if (options.channel) event.channel = *options.channel;
  if (!event.event) event.event = options.event;
  if (!event.id) event.id = options.id;
  if (!event.retry_ms && options.retry != kNoRetry)
    event.retry_ms = static_cast<std::uint64_t>(options.retry.count());
}

Schedule schedule_of(const PubOptions& options) {
  if (options.rate > 0) return Schedule::steady(options.rate);
  if (options.replay.empty() || std::isinf(options.speed)) return Schedule::at_once();
  return Schedule::recorded(options.speed);
}

}  // namespace

Result<void> check_option_fields(const PubOptions& options) {
  OutgoingEvent probe;
  probe.channel = "any";
  fill_in(options, probe);
  if (options.expand) {
    probe.data = options.data.value_or(std::string());
    if (auto expanded = expand_event(probe, {}); !expanded) return expanded;
  }
  return check_event(probe);
}

Publication::Publication(const PubOptions& options, Outlet& outlet, int interrupt_fd)
    : options_(options),
      outlet_(outlet),
      interrupt_fd_(interrupt_fd),
      pace_(schedule_of(options), interrupt_fd),
      reader_(make_reader(options.format, options.event_bytes_max)) {}

void Publication::publish_data(const std::string& data) {
  pending_.emplace_back().data = data;
  if (take({})) publish_repeatedly(std::move(pending_.front()));
}

void Publication::publish_input(Input& input) {
  while (true) {
    switch (input.read(interrupt_fd_, outlet_.idle_ms())) {
      case Input::Status::data:
        if (!take_input(input)) return;
        break;
      case Input::Status::timed_out:
        if (!outlet_.resume()) return;
        break;
      case Input::Status::end:
        return end_input();
      case Input::Status::failed:
        input_error_ = input.error();
        return;
      case Input::Status::interrupted:
        return;
    }
  }
}

bool Publication::take_input(const Input& input) {
  const bool good = take(reader_->feed(input.bytes(), pending_));
  if (good && !is_batch_full() && input.is_ready()) return true;
  return flush() && good;
}

void Publication::end_input() {
  saw_end_ = true;
  const bool good = take(reader_->finish(pending_));
  if (good && options_.format == InputFormat::whole)
    publish_repeatedly(std::move(pending_.front()));
  else
    flush();
}

void Publication::publish_repeatedly(OutgoingEvent event) {
  const std::size_t fitting = std::max<std::size_t>(options_.batch_bytes_max / event.size(), 1);
  std::size_t left = options_.repeat == 0 ? SIZE_MAX : options_.repeat;
  for (bool good = true; good && left > 0;) {
    const std::size_t count = std::min({left, fitting, options_.batch_events_max});
    pending_.assign(count, event);
    good = flush();
    if (options_.repeat > 0) left -= count;
  }
}

// Fills in and checks the events that were just read; drops the first bad one and what follows it.
bool Publication::take(Result<void> read) {
  for (; checked_ < pending_.size(); ++checked_) {
    if (complete(pending_[checked_])) continue;
    pending_.resize(checked_);
    return false;
  }
  if (read) return true;
  input_error_ = read.error().message;
  invalid_ = true;
  return false;
}

bool Publication::complete(OutgoingEvent& event) {
  fill_in(options_, event);
  pending_bytes_ += event.size();
  const auto good = check_event(event);
  if (!good) reject(event, good.error());
  return good.has_value();
}

void Publication::reject(const OutgoingEvent& event, const Error& error) {
  input_error_ = error.message;
  if (event.number > 0)
    input_error_ =
        std::string(reader_->unit()) + " " + std::to_string(event.number) + ": " + input_error_;
  invalid_ = true;
}

bool Publication::is_batch_full() const noexcept {
  return pending_.size() >= options_.batch_events_max || pending_bytes_ >= options_.batch_bytes_max;
}

// Hands over what is pending, each event when it is due. False: not all of it.
bool Publication::flush() {
  bool good = true;
  for (std::span<OutgoingEvent> left = pending_; good && !left.empty();) {
    const std::size_t most = std::min(left.size(), options_.batch_events_max);
    const std::size_t size = pace_.wait_due(left.first(most));
    const std::size_t count = expand(left.first(size));
    good = size > 0 && outlet_.send({left.first(count), options_.idempotency_key, number_});
    number_ += count;
    left = left.subspan(size);
    if (!good) outlet_.add_not_sent(left.size());
    if (count < size) good = false;
  }
  pending_.clear();
  checked_ = 0;
  pending_bytes_ = 0;
  return good;
}

// How many of the events, from the first on, are good once filled in.
std::size_t Publication::expand(std::span<OutgoingEvent> events) {
  for (std::size_t i = 0; options_.expand && i < events.size(); ++i) {
    auto good = expand_event(events[i], {number_ + i, unix_ms()});
    if (good) good = check_event(events[i]);
    if (good) continue;
    reject(events[i], good.error());
    return i;
  }
  return events.size();
}

}  // namespace sse::pub
