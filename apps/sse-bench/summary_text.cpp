#include <fmt/format.h>

#include "sse-bench/summary.hpp"

namespace sse::bench {
namespace {

constexpr double kQuantiles[] = {0.5, 0.9, 0.99, 0.999, 1};

std::string cell(const Distribution& distribution, double q) {
  const auto value = distribution.quantile(q);
  return value ? format_time(*value) : "never";
}

std::string row(const char* name, const Distribution& distribution, const char* meaning) {
  if (distribution.count() == 0) return {};
  std::string out = fmt::format("{:<14}", name);
  for (const double q : kQuantiles) out += fmt::format("{:>10}", cell(distribution, q));
  return out + fmt::format("  {}\n", meaning);
}

std::string heading(const Summary& s) {
  std::string load = "no events";
  if (s.saturate)
    load = fmt::format("closed loop with {} publishers", s.publishers);
  else if (s.rate > 0)
    load = fmt::format("{:g} events/s", s.rate);
  const std::string channels =
      s.channels > 1 ? fmt::format(" ({} channels)", s.channels) : std::string();
  return fmt::format("sse-bench: {} streams on {}{}, {}, {}-byte payloads, {:g} s\n",
                     s.streams_wanted, s.url, channels, load, s.size, s.duration_s);
}

std::string distributions(const Summary& s) {
  std::string out = fmt::format("\n{:<14}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "", "p50", "p90", "p99",
                                "p99.9", "max");
  if (!s.saturate) out += row("latency", s.latency, "scheduled publish to delivery");
  out += row("from send", s.latency_from_send, "actual publish to delivery");
  out += row("fan-out", s.fan_out, "actual publish to the last stream");
  out += row("answer", s.publish_answer, "publish to its answer");
  out += row("lag", s.publisher_lag, "published later than scheduled");
  out += row("connect", s.connect, "connection established");
  out += row("handshake", s.handshake, "that to the end of the TLS handshake");
  out += row("first byte", s.first_byte, "connecting to the first byte of the answer");
  return out;
}

std::string protocol_line(const Summary& s) {
  std::string out = fmt::format("\nprotocol    {}", s.protocol);
  if (!s.tls_version.empty()) out += fmt::format(" over {} ({})", s.tls_version, s.tls_cipher);
  out += fmt::format("; {} connection{}", s.connections, s.connections == 1 ? "" : "s");
  if (s.streams_per_connection > 1)
    out += fmt::format(", at most {} streams on each", s.streams_per_connection);
  return out + "\n";
}

std::string stream_lines(const Summary& s) {
  std::string out =
      fmt::format("streams     {} of {} opened, {} ended early; {:.0f} connects/s\n",
                  s.streams_opened, s.streams_wanted, s.streams_ended, s.connects_per_s);
  constexpr const char* kNames[kOpenFailures] = {"could not connect", "refused",
                                                 "not an event stream"};
  for (std::size_t i = 0; i < kOpenFailures; ++i)
    if (s.streams_failed[i] > 0)
      out += fmt::format("            {} {}: {}\n", s.streams_failed[i], kNames[i],
                         s.failure_reason[i]);
  return out;
}

std::string event_lines(const Summary& s) {
  if (s.events_sent == 0) return {};
  const Audit& audit = s.audit;
  std::string out = fmt::format(
      "events      {} sent, {} accepted, {} refused, {} unanswered; {:.1f}/s\n", s.events_sent,
      s.events_accepted, s.events_refused, s.events_unanswered, s.events_per_s);
  out += fmt::format("deliveries  {} of {}; {:.0f}/s\n", audit.delivered, audit.expected,
                     s.deliveries_per_s);
  out += fmt::format("undelivered {} lost, {} pending at the end, {} on streams that had ended\n",
                     audit.lost, audit.pending, audit.missed);
  out += fmt::format("faults      {} duplicate, {} corrupt, {}", s.duplicates, s.corrupt,
                     s.reordered ? fmt::format("{} reordered", *s.reordered)
                                 : "order not checked (several publishers)");
  if (s.foreign > 0) out += fmt::format("; {} events of others", s.foreign);
  if (s.misrouted > 0) out += fmt::format("; {} on the wrong channel", s.misrouted);
  return out + "\n";
}

std::string use_lines(const Summary& s) {
  std::string out;
  if (s.events_sent > 0)
    out += fmt::format(
        "bench       reader {:.0f} % busy, {:.0f} % waiting for a CPU; publisher "
        "{:.0f} % busy\n",
        s.reader.running * 100, s.reader.waiting * 100, s.publisher.running * 100);
  if (!s.server) return out;
  out += fmt::format("server      {:.0f} bytes/stream", s.server->memory_bytes_per_stream);
  if (s.audit.delivered > 0)
    out += fmt::format("; CPU {:.2f} us/delivery, {:.2f} s", s.server->cpu_us_per_delivery,
                       s.server->cpu_s);
  return out + "\n";
}

}  // namespace

std::string to_text(const Summary& s) {
  std::string out = heading(s) + distributions(s) + protocol_line(s) + stream_lines(s) +
                    event_lines(s) + use_lines(s);
  if (s.saturate)
    out +=
        "note        closed loop: this measures throughput; latency depends on the load itself\n";
  for (const std::string& warning : s.warnings) out += "warning     " + warning + "\n";
  return out;
}

}  // namespace sse::bench
