#include "sse-pub/publication.hpp"

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

}  // namespace

Result<void> check_option_fields(const PubOptions& options) {
  OutgoingEvent probe;
  probe.channel = "any";
  fill_in(options, probe);
  return check_event(probe);
}

Publication::Publication(const PubOptions& options, Delivery& delivery)
    : options_(options),
      delivery_(delivery),
      reader_(make_reader(options.format, options.event_bytes_max)) {}

void Publication::publish_data(const std::string& data) {
  pending_.emplace_back().data = data;
  take({});
  flush();
}

void Publication::publish_input(Input& input, int interrupt_fd) {
  while (true) {
    switch (input.read(interrupt_fd)) {
      case Input::Status::data:
        break;
      case Input::Status::end:
        saw_end_ = true;
        take(reader_->finish(pending_));
        flush();
        return;
      case Input::Status::failed:
        input_error_ = input.error();
        [[fallthrough]];
      case Input::Status::interrupted:
        return;
    }
    const bool good = take(reader_->feed(input.bytes(), pending_));
    if (!good || is_batch_full() || !input.is_ready()) {
      if (!flush() || !good) return;
    }
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
  if (good) return true;
  input_error_ = good.error().message;
  if (event.number > 0)
    input_error_ =
        std::string(reader_->unit()) + " " + std::to_string(event.number) + ": " + input_error_;
  invalid_ = true;
  return false;
}

bool Publication::is_batch_full() const noexcept {
  return pending_.size() >= options_.batch_events_max || pending_bytes_ >= options_.batch_bytes_max;
}

bool Publication::flush() {
  bool good = true;
  for (Batch left{pending_, options_.idempotency_key, number_}; good && !left.empty();) {
    const std::size_t size = std::min(left.size(), options_.batch_events_max);
    good = delivery_.send(left.first(size));
    left = left.after(size);
    if (!good) delivery_.add_not_sent(left.size());
  }
  number_ += pending_.size();
  pending_.clear();
  checked_ = 0;
  pending_bytes_ = 0;
  return good;
}

}  // namespace sse::pub
