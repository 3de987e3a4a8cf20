#include <nlohmann/json.hpp>

#include "sse-bench/summary.hpp"

namespace sse::bench {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(std::optional<std::uint64_t> value) { return value ? Json(*value) : Json(nullptr); }

Json to_object(const Distribution& d) {
  const bool any = d.values.count() > 0;
  return {{"count", d.count()},
          {"never", d.never},
          {"min", any ? Json(d.values.min()) : Json(nullptr)},
          {"mean", any ? Json(d.values.mean()) : Json(nullptr)},
          {"p50", or_null(d.quantile(0.5))},
          {"p90", or_null(d.quantile(0.9))},
          {"p99", or_null(d.quantile(0.99))},
          {"p99.9", or_null(d.quantile(0.999))},
          {"max", or_null(d.quantile(1))}};
}

Json run_object(const Summary& s) {
  return {{"url", s.url},
          {"publish_url", s.publish_url},
          {"model", s.saturate   ? "closed"
                    : s.rate > 0 ? "open"
                                 : "idle"},
          {"rate", s.rate},
          {"publishers", s.publishers},
          {"size", s.size},
          {"channels", s.channels},
          {"protocol", s.protocol},
          {"streams_per_connection", s.streams_per_connection},
          {"duration_s", s.duration_s},
          {"signal", s.signal}};
}

Json streams_object(const Summary& s) {
  return {{"wanted", s.streams_wanted},
          {"opened", s.streams_opened},
          {"ended", s.streams_ended},
          {"connect_failed", s.streams_failed[0]},
          {"refused", s.streams_failed[1]},
          {"not_event_stream", s.streams_failed[2]},
          {"connections", s.connections},
          {"tls", s.tls_version.empty() ? Json(nullptr) : Json(s.tls_version)},
          {"cipher", s.tls_version.empty() ? Json(nullptr) : Json(s.tls_cipher)},
          {"connects_per_s", s.connects_per_s},
          {"connect_ns", to_object(s.connect)},
          {"handshake_ns", s.tls_version.empty() ? Json(nullptr) : to_object(s.handshake)},
          {"first_byte_ns", to_object(s.first_byte)}};
}

Json events_object(const Summary& s) {
  return {{"sent", s.events_sent},
          {"accepted", s.events_accepted},
          {"refused", s.events_refused},
          {"unanswered", s.events_unanswered},
          {"per_s", s.events_per_s},
          {"stalls", s.publisher_stalls},
          {"answer_ns", to_object(s.publish_answer)},
          {"lag_ns", to_object(s.publisher_lag)}};
}

Json deliveries_object(const Summary& s) {
  return {{"expected", s.audit.expected},
          {"delivered", s.audit.delivered},
          {"lost", s.audit.lost},
          {"pending", s.audit.pending},
          {"missed", s.audit.missed},
          {"duplicate", s.duplicates},
          {"reordered", or_null(s.reordered)},
          {"corrupt", s.corrupt},
          {"foreign", s.foreign},
          {"misrouted", s.misrouted},
          {"per_s", s.deliveries_per_s},
          {"latency_ns", s.saturate ? Json(nullptr) : to_object(s.latency)},
          {"latency_from_send_ns", to_object(s.latency_from_send)},
          {"fan_out_ns", to_object(s.fan_out)}};
}

Json server_object(const Summary& s) {
  if (!s.server) return nullptr;
  return {{"cpu_s", s.server->cpu_s},
          {"cpu_us_per_delivery",
           s.audit.delivered > 0 ? Json(s.server->cpu_us_per_delivery) : Json(nullptr)},
          {"opening_cpu_us_per_stream", s.server->opening_cpu_us_per_stream},
          {"memory_bytes", s.server->memory_bytes},
          {"memory_bytes_per_stream", s.server->memory_bytes_per_stream}};
}

}  // namespace

std::string to_json(const Summary& s) {
  const Json out = {{"v", 1},
                    {"run", run_object(s)},
                    {"streams", streams_object(s)},
                    {"events", events_object(s)},
                    {"deliveries", deliveries_object(s)},
                    {"bench",
                     {{"reader_threads", s.reader_threads},
                      {"reader_running", s.reader.running},
                      {"reader_waiting", s.reader.waiting},
                      {"publisher_running", s.publisher.running}}},
                    {"server", server_object(s)},
                    {"warnings", s.warnings}};
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sse::bench
