// What Tail does with events: from the filter to where they are written or run.
#include <utility>

#include "base/clock.hpp"
#include "printable.hpp"
#include "stream.hpp"
#include "tail.hpp"

namespace sse::tail {
namespace {

constexpr std::size_t kBatchBytesMax = std::size_t{64} << 10;

}  // namespace

void Tail::on_event(const Stream& stream, const Event& event) {
  if (only_prints_) {
    limits_.on_event();
    return formatter_->event(stream.label(), event, sink_.buffer());
  }
  if (llm_) return add_text(event);
  if (filter_.matches(event)) {
    if (executor_) {
      run_command(stream, event);
    } else {
      formatter_->event(stream.label(), event, sink_.buffer());
    }
    limits_.on_event();
    if (options_.count != 0 && ++printed_ >= options_.count) finish(cli::Exit::ok, "count");
  }
  if (!ended_ && until_ && until_->matches(event.data)) finish(cli::Exit::ok, "until");
  if (!ended_ && mcp_) check_mcp(event);
}

// Whether events have nothing to do but to be printed. Does not change while there are streams.
bool Tail::only_prints() const noexcept {
  return filter_.matches_all() && options_.count == 0 && !until_ && !llm_ && !mcp_ && !executor_;
}

void Tail::run_command(const Stream& stream, const Event& event) {
  Executor::Job job{.stream = stream.index(),
                    .id = std::string(event.last_event_id),
                    .type = std::string(event.type),
                    .url = stream.url(),
                    .input = {}};
  formatter_->event(stream.label(), event, job.input);
  executor_->add(std::move(job));
}

void Tail::add_text(const Event& event) {
  const LlmStream::Step step = llm_->take(event, monotonic_ms());
  if (!step.text.empty()) limits_.on_event();
  if (settings_.sanitize) {
    append_printable_lines(sink_.buffer(), step.text);
  } else {
    sink_.buffer().append(step.text);
  }
  if (step.error) {
    std::string message = "the answer failed: ";
    append_printable(message, *step.error);
    say(message);
    on_expectation_failed();
    return finish(cli::Exit::ok, "error");
  }
  if (step.done) finish(cli::Exit::ok, "done");
}

void Tail::end_text() {
  if (!llm_) return;
  if (llm_->line_open()) sink_.buffer() += '\n';
  flush_output();
  say(llm_->report());
  llm_.reset();
}

void Tail::check_mcp(const Event& event) {
  const McpRequest::Answer answer = mcp_->answered_by(event.data);
  if (answer == McpRequest::Answer::none) return;
  if (answer == McpRequest::Answer::error) {
    say("the server answered with an error");
    on_expectation_failed();
  }
  mcp_.reset();
  finish(cli::Exit::ok, "answered");
}

// Output waits for the end of the turn, where all of it leaves in one write, unless it is a lot;
// what commands and recordings have to do is not put off.
bool Tail::on_batch_end() {
  if (sink_.buffer().size() < kBatchBytesMax && !executor_ && !recorder_) return true;
  return flush();
}

// Whether all output has left.
bool Tail::flush() {
  if (!keep_record() || !flush_output()) return false;
  if (executor_) executor_->advance();
  if (executor_ && !executor_->done()) return false;
  for (std::size_t i = 0; positions_ && i < streams_.size(); ++i)
    positions_->taken(i, streams_[i]->source().last_event_id());
  save_positions(false);
  return !ended_ || *ended_ != cli::Exit::failure;
}

bool Tail::flush_output() {
  if (sink_.blocked()) status_line_.hide();
  switch (sink_.flush()) {
    case StdoutSink::State::good:
      return !sink_.blocked();
    case StdoutSink::State::reader_gone:
      on_reader_gone();
      return false;
    case StdoutSink::State::failed:
      break;
  }
  return fail_with("cannot write to standard output: " + sink_.error());
}

bool Tail::keep_record() {
  if (!recorder_) return true;
  const auto kept = recorder_->flush();
  return kept || fail_with("--record: " + kept.error().message);
}

void Tail::save_positions(bool at_once) {
  if (!positions_) return;
  if (const auto saved = positions_->save(monotonic_ms(), at_once); !saved)
    fail_with("--resume: " + saved.error().message);
}

bool Tail::fail_with(const std::string& message) {
  if (ended_ != cli::Exit::failure) say(message);
  ended_ = cli::Exit::failure;
  return false;
}

}  // namespace sse::tail
