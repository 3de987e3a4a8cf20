#include <algorithm>

#include "sse-bench/session.hpp"

namespace sse::bench {
namespace {

double per_second(std::uint64_t count, std::uint64_t elapsed_ns) {
  return elapsed_ns == 0 ? 0 : static_cast<double>(count) * 1e9 / static_cast<double>(elapsed_ns);
}

std::vector<StreamRecord> stream_records(const std::vector<std::unique_ptr<Reader>>& readers) {
  std::vector<StreamRecord> out;
  for (const auto& reader : readers)
    for (const Stream& stream : reader->streams())
      if (stream.state == Stream::State::open || stream.state == Stream::State::ended)
        out.push_back({stream.state == Stream::State::ended, stream.sequence.next(),
                       stream.sequence.missing(), stream.channel});
  return out;
}

void add_opening(const OpenTally& tally, Summary& out) {
  out.connect.values.merge(tally.connect_ns);
  out.handshake.values.merge(tally.handshake_ns);
  out.first_byte.values.merge(tally.first_byte_ns);
  out.connections += tally.connections;
  if (out.tls_version.empty()) {
    out.tls_version = tally.tls_version;
    out.tls_cipher = tally.tls_cipher;
  }
  for (std::size_t i = 0; i < kOpenFailures; ++i) {
    out.streams_failed[i] += tally.failed[i];
    if (out.failure_reason[i].empty()) out.failure_reason[i] = tally.first_reason[i];
  }
}

void add_reading(const ReaderTally& tally, Summary& out) {
  out.latency.values.merge(tally.latency_ns);
  out.latency_from_send.values.merge(tally.latency_from_send_ns);
  out.duplicates += tally.duplicates;
  if (out.publishers == 1) out.reordered = out.reordered.value_or(0) + tally.reordered;
  out.corrupt += tally.corrupt;
  out.foreign += tally.foreign;
  out.misrouted += tally.misrouted;
  if (out.first_end.empty()) out.first_end = tally.first_end;
}

void add_publishing(const PublishTally& tally, std::uint32_t first_measured, Summary& out) {
  out.events_sent = tally.events.size();
  out.events_accepted = static_cast<std::uint64_t>(
      std::count_if(tally.events.begin(), tally.events.end(),
                    [](const PublishedEvent& event) { return event.accepted; }));
  out.events_refused = tally.refused;
  out.events_unanswered = tally.unanswered;
  out.first_refusal = tally.first_refusal;
  out.publish_error = tally.connect_error;
  out.publisher_stalls = tally.stalls;
  out.publish_answer.values = tally.answer_ns;
  out.publisher_lag.values = tally.lag_ns;
  if (std::size_t{first_measured} + 1 < tally.events.size())
    out.events_per_s =
        per_second(tally.events.size() - 1 - first_measured,
                   tally.events.back().sent_ns - tally.events[first_measured].sent_ns);
}

void describe_run(const Options& options, Summary& out) {
  out.url = options.url;
  out.publish_url = options.publish_url;
  out.saturate = options.saturate;
  out.rate = options.saturate ? 0 : options.rate;
  out.publishers = options.saturate ? options.publishers : 1;
  out.size = options.size;
  out.duration_s = static_cast<double>(options.duration.count()) / 1e3;
  if (options.http10) out.protocol = "HTTP/1.0";
  if (options.speaks_http2()) out.protocol = "HTTP/2";
  out.streams_wanted = options.streams;
  out.channels = options.channels;
  out.reader_threads = options.threads;
}

}  // namespace

std::vector<EventRecord> Session::event_records() const {
  std::vector<EventRecord> out;
  if (!publisher_) return out;
  for (const PublishedEvent& event : publisher_->tally().events)
    out.push_back({event.sent_ns, event.accepted, {}});
  for (const auto& reader : readers_) {
    const std::vector<EventReach>& reaches = reader->tally().events;
    for (std::size_t seq = 0; seq < std::min(out.size(), reaches.size()); ++seq) {
      out[seq].reach.streams += reaches[seq].streams;
      out[seq].reach.last_ns = std::max(out[seq].reach.last_ns, reaches[seq].last_ns);
    }
  }
  return out;
}

Summary Session::summarize() const {
  Summary out;
  describe_run(plan_.options, out);
  std::uint64_t last_delivery_ns = 0;
  for (const auto& reader : readers_) {
    add_opening(reader->open_tally(), out);
    add_reading(reader->tally(), out);
    out.streams_ended += reader->progress().ended;
    last_delivery_ns = std::max(last_delivery_ns, reader->tally().last_delivery_ns);
  }
  const std::vector<StreamRecord> streams = stream_records(readers_);
  const std::vector<EventRecord> events = event_records();
  const std::uint32_t first_measured = schedule_.first_measured();
  out.streams_per_connection = plan_.open.streams_per_connection;
  out.streams_opened = streams.size();
  out.connects_per_s = per_second(streams.size(), open_ns_);
  if (publisher_) add_publishing(publisher_->tally(), first_measured, out);
  out.audit = audit_deliveries(events, first_measured, streams,
                               static_cast<std::uint32_t>(plan_.options.channels));
  out.latency.never = out.latency_from_send.never = out.audit.undelivered();
  out.fan_out = {out.audit.fan_out_ns, out.audit.incomplete};
  if (first_measured < events.size() && last_delivery_ns > events[first_measured].sent_ns)
    out.deliveries_per_s =
        per_second(out.audit.delivered, last_delivery_ns - events[first_measured].sent_ns);
  out.reader = reader_load_;
  out.publisher = publisher_load_;
  if (!probe_.empty() && !streams.empty()) out.server = server_use(streams.size(), out.audit);
  out.signal = interrupt_.signal();
  out.warnings = find_warnings(out);
  return out;
}

ServerUse Session::server_use(std::size_t streams, const Audit& audit) const {
  ServerUse use;
  use.cpu_s = static_cast<double>(server_cpu_ns_) / 1e9;
  if (audit.delivered > 0)
    use.cpu_us_per_delivery =
        static_cast<double>(server_cpu_ns_) / 1e3 / static_cast<double>(audit.delivered);
  use.opening_cpu_us_per_stream =
      static_cast<double>(opening_cpu_ns_) / 1e3 / static_cast<double>(streams);
  use.memory_bytes = static_cast<double>(memory_after_) - static_cast<double>(memory_before_);
  use.memory_bytes_per_stream = use.memory_bytes / static_cast<double>(streams);
  return use;
}

}  // namespace sse::bench
