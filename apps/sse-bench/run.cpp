#include "sse-bench/run.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

#include "cli/command_line.hpp"
#include "sse-bench/session.hpp"

namespace sse::bench {
namespace {

using cli::Exit;

constexpr std::string_view kTool = "sse-bench";

struct Verdict {
  Exit exit = Exit::ok;
  std::string message;
};

Verdict judge_opening(const Summary& s) {
  constexpr Exit kExits[kOpenFailures] = {Exit::connect, Exit::refused, Exit::not_event_stream};
  constexpr const char* kTexts[kOpenFailures] = {"could not connect to", "were refused by",
                                                 "got something else than an event stream from"};
  for (std::size_t i = 0; i < kOpenFailures; ++i)
    if (s.streams_failed[i] > 0)
      return {kExits[i], fmt::format("{} of {} streams {} {}: {}", s.streams_failed[i],
                                     s.streams_wanted, kTexts[i], s.url, s.failure_reason[i])};
  return {};
}

Verdict judge_publishing(const Summary& s) {
  if (!s.publish_error.empty())
    return {Exit::connect, fmt::format("cannot publish to {}: {}", s.publish_url, s.publish_error)};
  if (s.events_refused > 0)
    return {Exit::refused, fmt::format("{} of {} events were refused by {}: {}", s.events_refused,
                                       s.events_sent, s.publish_url, s.first_refusal)};
  if (s.events_unanswered > 0 && s.signal == 0)
    return {Exit::failure, fmt::format("{} of {} events were not answered by {}",
                                       s.events_unanswered, s.events_sent, s.publish_url)};
  return {};
}

// The first of what went wrong, in the order in which it would have to be mended.
Verdict judge(const Summary& s) {
  for (const Verdict& verdict : {judge_opening(s), judge_publishing(s)})
    if (verdict.exit != Exit::ok) return verdict;
  if (s.streams_ended > 0)
    return {Exit::ended_early,
            fmt::format("{} of {} streams were ended by the server before the run was over: {}",
                        s.streams_ended, s.streams_opened, s.first_end)};
  return {};
}

}  // namespace

int run(const Options& options) {
  auto plan = plan_session(options);
  if (!plan) {
    cli::complain(kTool, plan.error().message);
    return static_cast<int>(Exit::usage);
  }
  Interrupt interrupt;
  const Summary summary = Session(std::move(*plan), interrupt).run();
  const bool shown = summary.streams_opened > 0 || options.json;
  if (shown) std::fputs((options.json ? to_json(summary) : to_text(summary)).c_str(), stdout);
  const bool written = std::fflush(stdout) == 0;
  const Verdict verdict = judge(summary);
  if (!verdict.message.empty()) cli::complain(kTool, verdict.message);
  if (summary.signal != 0) cli::die_by_signal(summary.signal);
  if (!written) cli::complain(kTool, "cannot write the result to the standard output");
  return static_cast<int>(written ? verdict.exit : Exit::failure);
}

}  // namespace sse::bench
