#include "server/admin.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <nlohmann/json.hpp>

#include <sse/version.hpp>

#include "server/worker.hpp"

namespace sse::server {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(std::string name, std::string help, MetricType type) {
  MetricFamily out;
  out.name = std::move(name);
  out.help = std::move(help);
  out.type = type;
  return out;
}

void add_value(MetricFamily& to, double value,
               std::vector<prometheus::ClientMetric::Label> labels = {}) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  if (to.type == MetricType::Gauge)
    metric.gauge.value = value;
  else
    metric.counter.value = value;
  to.metric.push_back(std::move(metric));
}

/// A family of one value.
void add_single(std::vector<MetricFamily>& families, const char* name, const char* help,
                MetricType type, double value) {
  families.push_back(family(name, help, type));
  add_value(families.back(), value);
}

struct Metric {
  const char* name;
  const char* help;
  MetricType type;
  Counter WorkerStats::*counter;
};

constexpr Metric kMetrics[] = {
    {"sse_connections", "Open connections", MetricType::Gauge, &WorkerStats::connections},
    {"sse_connections_total", "Accepted connections", MetricType::Counter,
     &WorkerStats::connections_total},
    {"sse_tls_handshakes_failed_total", "TLS handshakes that failed", MetricType::Counter,
     &WorkerStats::tls_failures},
    {"sse_http2_connections", "Open HTTP/2 connections", MetricType::Gauge,
     &WorkerStats::http2_connections},
    {"sse_http2_errors_total", "HTTP/2 connections ended for frames that make no sense",
     MetricType::Counter, &WorkerStats::http2_errors},
    {"sse_http2_floods_total", "HTTP/2 connections ended for frames that only cost",
     MetricType::Counter, &WorkerStats::http2_floods},
    {"sse_streams", "Open event streams", MetricType::Gauge, &WorkerStats::streams},
    {"sse_streams_total", "Event streams opened", MetricType::Counter, &WorkerStats::streams_total},
    {"sse_streams_lagging", "Event streams with more to get than a turn could give them",
     MetricType::Gauge, &WorkerStats::lagging},
    {"sse_requests_total", "Complete requests, subscriptions included", MetricType::Counter,
     &WorkerStats::requests},
    {"sse_requests_refused_total", "Requests answered with a status of 400 or more",
     MetricType::Counter, &WorkerStats::refused},
    {"sse_sends_total", "Sends that carried events", MetricType::Counter, &WorkerStats::sends},
    {"sse_sent_bytes_total", "Bytes of events sent", MetricType::Counter, &WorkerStats::bytes},
    {"sse_heartbeats_total", "Heartbeats sent", MetricType::Counter, &WorkerStats::heartbeats},
    {"sse_gaps_total", "Gap events sent", MetricType::Counter, &WorkerStats::gaps},
    {"sse_streams_resumed_total", "Streams that brought a last event ID", MetricType::Counter,
     &WorkerStats::resumed},
    {"sse_overruns_skipped_total", "Slow streams moved on with a gap event", MetricType::Counter,
     &WorkerStats::skipped},
    {"sse_publishes_held_total", "Times a publisher had to wait for streams to catch up",
     MetricType::Counter, &WorkerStats::held},
    {"sse_accept_pauses_total", "Times accepting paused for want of descriptors",
     MetricType::Counter, &WorkerStats::accept_pauses},
};

struct Reason {
  const char* label;
  Counter Disconnects::*counter;
};

constexpr Reason kReasons[] = {
    {"client", &Disconnects::client}, {"dead_peer", &Disconnects::dead},
    {"slow", &Disconnects::slow},     {"write_error", &Disconnects::error},
    {"ended", &Disconnects::ended},   {"shutdown", &Disconnects::shutdown}};

void add_redis(const redis::Node& node, std::vector<MetricFamily>& families) {
  const redis::FeedStats& stats = node.stats();
  const auto add = [&families](const char* name, const char* help, MetricType type, auto value) {
    add_single(families, name, help, type, static_cast<double>(value));
  };
  add("sse_redis_connected", "Whether Redis is there and nothing it holds is missing here",
      MetricType::Gauge, node.is_ready() ? 1 : 0);
  add("sse_redis_reconnects_total", "Times a connection to Redis was made", MetricType::Counter,
      node.reconnects());
  add("sse_redis_channels", "Channels subscribed to in Redis", MetricType::Gauge,
      stats.channels.load());
  add("sse_redis_messages_total", "Messages received from Redis", MetricType::Counter,
      stats.messages.load());
  add("sse_redis_repaired_events_total", "Events read from history to fill a hole",
      MetricType::Counter, stats.repaired.load());
  add("sse_redis_gaps_total", "Gap events for what could not be had from Redis",
      MetricType::Counter, stats.gaps.load());
  add("sse_redis_unnumbered_events_total",
      "Messages published past the history, sent without an id", MetricType::Counter,
      stats.unnumbered.load());
  add("sse_redis_refused_events_total", "Messages from Redis that cannot be sent as events",
      MetricType::Counter, stats.refused.load());
  add("sse_redis_duplicates_total", "Events left out as their producer had published them before",
      MetricType::Counter, stats.duplicates.load());
}

// The most of all streams, of each measure by itself.
void add_lag(const std::vector<LaggingStream>& streams, std::vector<MetricFamily>& families) {
  LaggingStream most;
  for (const LaggingStream& stream : streams) {
    most.bytes = std::max(most.bytes, stream.bytes);
    most.events = std::max(most.events, stream.events);
    most.age_ms = std::max(most.age_ms, stream.age_ms);
    most.kernel_bytes = std::max(most.kernel_bytes, stream.kernel_bytes);
  }
  const auto add = [&families](const char* name, const char* help, double value) {
    add_single(families, name, help, MetricType::Gauge, value);
  };
  add("sse_lag_bytes_max", "Bytes the stream furthest behind has not got",
      static_cast<double>(most.bytes));
  add("sse_lag_events_max", "Events it has not got", static_cast<double>(most.events));
  add("sse_lag_seconds_max", "Time since the oldest of them was published",
      static_cast<double>(most.age_ms) / 1000);
  add("sse_lag_kernel_bytes_max", "Bytes handed to the kernel that its peer has not acknowledged",
      static_cast<double>(most.kernel_bytes));
}

double sum(const std::vector<const WorkerStats*>& workers, auto read) {
  std::uint64_t total = 0;
  for (const WorkerStats* worker : workers) total += read(*worker).get();
  return static_cast<double>(total);
}

}  // namespace

bool Admin::knows(std::string_view name) noexcept {
  return is_public(name) || name == "metrics" || name == "channels";
}

bool Admin::is_public(std::string_view name) noexcept {
  return name == "healthz" || name == "readyz";
}

Admin::Page Admin::page(std::string_view name) const {
  if (name == "channels") return {200, "application/json", channels_json()};
  if (name == "metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", metrics_text()};
  if (name == "readyz" && shared_.stopping) return {503, "text/plain", "shutting down\n"};
  if (name == "readyz" && shared_.node && !shared_.node->is_ready())
    return {503, "text/plain", "Redis is away, or what it holds is still being read\n"};
  return {200, "text/plain", "ok\n"};
}

namespace {

// The streams furthest behind, most bytes first.
nlohmann::ordered_json lagging_json(std::vector<LaggingStream> streams) {
  LagReport::keep_worst(streams);
  auto list = nlohmann::ordered_json::array();
  for (const LaggingStream& stream : streams)
    list.push_back({{"peer", stream.peer},
                    {"channel", stream.channel},
                    {"lag_events", stream.events},
                    {"lag_bytes", stream.bytes},
                    {"lag_ms", stream.age_ms},
                    {"kernel_bytes", stream.kernel_bytes}});
  return list;
}

}  // namespace

std::vector<LaggingStream> Admin::lagging() const {
  std::vector<LaggingStream> all;
  for (const WorkerStats* worker : workers_)
    for (LaggingStream& stream : worker->lag.streams()) all.push_back(std::move(stream));
  return all;
}

std::string Admin::channels_json() const {
  nlohmann::ordered_json json;
  json["version"] = SSE_VERSION;
  json["epoch"] = shared_.hub.epoch();
  json["position"] = shared_.hub.position();
  json["streams"] = sum(workers_, [](const WorkerStats& w) -> const Counter& { return w.streams; });
  json["streams"] = static_cast<std::uint64_t>(json["streams"].get<double>());
  json["lagging"] = lagging_json(lagging());
  auto& list = json["channels"] = nlohmann::ordered_json::array();
  for (const auto& channel : shared_.hub.channels()) {
    const hub::EventLog::Stats stats = channel->log().stats();
    const auto id = [&](hub::Seq seq) {
      return seq == 0 ? nlohmann::ordered_json(nullptr)
                      : nlohmann::ordered_json(hub::format_event_id(shared_.hub.epoch(), seq));
    };
    list.push_back({{"name", channel->name()},
                    {"streams", channel->streams.load()},
                    {"lagging", channel->lagging.load()},
                    {"events", stats.events_appended},
                    {"bytes", stats.bytes_appended},
                    {"history_events", stats.history_events},
                    {"history_bytes", stats.history_bytes},
                    {"evicted_events", stats.evicted_events},
                    {"oldest", id(stats.first_seq)},
                    {"newest", id(stats.last_seq)},
                    {"last_event_ms", stats.last_time_ms},
                    {"memory_bytes", stats.memory_bytes},
                    {"ended", shared_.hub.ended(*channel)}});
  }
  return json.dump() + "\n";
}

std::string Admin::metrics_text() const {
  std::vector<MetricFamily> families;
  for (const Metric& metric : kMetrics) {
    families.push_back(family(metric.name, metric.help, metric.type));
    add_value(families.back(), sum(workers_, [&](const WorkerStats& w) -> const Counter& {
                return w.*metric.counter;
              }));
  }
  families.push_back(
      family("sse_disconnects_total", "Event streams that ended, by reason", MetricType::Counter));
  for (const Reason& reason : kReasons)
    add_value(
        families.back(),
        sum(workers_,
            [&](const WorkerStats& w) -> const Counter& { return w.disconnects.*reason.counter; }),
        {{"reason", reason.label}});
  if (shared_.node) add_redis(*shared_.node, families);
  std::uint64_t history_bytes = 0;
  const hub::Hub::Census census = shared_.hub.census();
  std::uint64_t evicted_events = census.forgotten_events;
  for (const auto& channel : census.channels) {
    const hub::EventLog::Stats stats = channel->log().stats();
    history_bytes += stats.history_bytes;
    evicted_events += stats.evicted_events;
  }
  add_lag(lagging(), families);
  add_single(families, "sse_evicted_events_total", "Events that left the history of a channel",
             MetricType::Counter, static_cast<double>(evicted_events));
  add_single(families, "sse_channels", "Channels in memory", MetricType::Gauge,
             static_cast<double>(census.channels.size()));
  add_single(families, "sse_position", "Events published since start", MetricType::Counter,
             static_cast<double>(shared_.hub.position()));
  add_single(families, "sse_history_bytes", "Bytes held for replay", MetricType::Gauge,
             static_cast<double>(history_bytes));
  add_single(families, "sse_request_bodies_bytes", "Bytes of request bodies under way",
             MetricType::Gauge, static_cast<double>(shared_.bodies.used()));
  add_single(families, "sse_browsers_full_total",
             "Times a browser had the six HTTP/1.1 streams open it opens to one host "
             "name, so that its next request waits",
             MetricType::Counter, static_cast<double>(shared_.browsers.times_full()));
  families.push_back(family("sse_build_info", "Version of the server", MetricType::Gauge));
  add_value(families.back(), 1, {{"version", SSE_VERSION}});
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace sse::server
