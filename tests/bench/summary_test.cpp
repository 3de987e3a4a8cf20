#include "sse-bench/summary.hpp"

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace sse::bench;

namespace {

Summary typical() {
  Summary s;
  s.url = s.publish_url = "http://127.0.0.1:8080/news";
  s.rate = 10;
  s.size = 100;
  s.duration_s = 1;
  s.streams_wanted = s.streams_opened = 2;
  s.events_sent = s.events_accepted = 10;
  s.audit.published = 10;
  s.audit.expected = 20;
  s.audit.delivered = 20;
  s.reordered = 0;
  for (std::uint64_t i = 1; i <= 20; ++i) s.latency.values.record(i * 1'000'000);
  return s;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("times have three significant digits") {
  CHECK(format_time(0) == "0 ns");
  CHECK(format_time(999) == "999 ns");
  CHECK(format_time(1'000) == "1.00 us");
  CHECK(format_time(4'612'345) == "4.61 ms");
  CHECK(format_time(46'123'456) == "46.1 ms");
  CHECK(format_time(461'234'567) == "461 ms");
  CHECK(format_time(999'900'000) == "1.00 s");
  CHECK(format_time(12'000'000'000) == "12.0 s");
  CHECK(format_time(120'000'000'000) == "120 s");
}

TEST_CASE("what never came is infinite in the percentiles") {
  Distribution d;
  for (std::uint64_t i = 1; i <= 98; ++i) d.values.record(i);
  d.never = 2;
  CHECK(d.quantile(0.5) == 50);
  CHECK(d.quantile(0.98) == 98);
  CHECK_FALSE(d.quantile(0.99).has_value());
  CHECK_FALSE(d.quantile(1).has_value());
  CHECK_FALSE(Distribution().quantile(0.5).has_value());
}

TEST_CASE("the text names the faults and says never") {
  Summary s = typical();
  CHECK(contains(to_text(s), "deliveries  20 of 20"));
  CHECK_FALSE(contains(to_text(s), "never"));
  s.latency.never = s.audit.lost = 5;
  s.audit.delivered = 15;
  CHECK(contains(to_text(s), "5 lost"));
  CHECK(contains(to_text(s), "never"));
}

TEST_CASE("a closed loop says so and shows no scheduled latency") {
  Summary s = typical();
  s.saturate = true;
  s.reordered.reset();
  CHECK(contains(to_text(s), "closed loop: this measures throughput"));
  CHECK(contains(to_text(s), "order not checked"));
  CHECK_FALSE(contains(to_text(s), "scheduled publish"));
  const auto json = nlohmann::json::parse(to_json(s));
  CHECK(json["run"]["model"] == "closed");
  CHECK(json["deliveries"]["latency_ns"].is_null());
  CHECK(json["deliveries"]["reordered"].is_null());
}

TEST_CASE("the protocol is named, and TLS only where there is any") {
  Summary s = typical();
  s.connections = 2;
  CHECK(contains(to_text(s), "protocol    HTTP/1.1; 2 connections\n"));
  const auto clear = nlohmann::json::parse(to_json(s));
  CHECK(clear["run"]["protocol"] == "HTTP/1.1");
  CHECK(clear["streams"]["tls"].is_null());
  CHECK(clear["streams"]["handshake_ns"].is_null());
  s.protocol = "HTTP/2";
  s.streams_per_connection = 100;
  s.connections = 1;
  s.tls_version = "TLSv1.3";
  s.tls_cipher = "TLS_AES_256_GCM_SHA384";
  s.handshake.values.record(1'000'000);
  CHECK(contains(to_text(s),
                 "protocol    HTTP/2 over TLSv1.3 (TLS_AES_256_GCM_SHA384); 1 connection, at most "
                 "100 streams on each\n"));
  CHECK(contains(to_text(s), "handshake "));
  const auto json = nlohmann::json::parse(to_json(s));
  CHECK(json["streams"]["connections"] == 1);
  CHECK(json["run"]["streams_per_connection"] == 100);
  CHECK(json["streams"]["tls"] == "TLSv1.3");
  CHECK(json["streams"]["handshake_ns"]["count"] == 1);
}

TEST_CASE("the JSON is one line with a version and nulls for infinity") {
  Summary s = typical();
  s.latency.never = 1;
  const std::string text = to_json(s);
  CHECK(text.find('\n') == text.size() - 1);
  const auto json = nlohmann::json::parse(text);
  CHECK(json["v"] == 1);
  CHECK(json["deliveries"]["latency_ns"]["count"] == 21);
  CHECK(json["deliveries"]["latency_ns"]["never"] == 1);
  CHECK(json["deliveries"]["latency_ns"]["p50"].is_number());
  CHECK(json["deliveries"]["latency_ns"]["max"].is_null());
  CHECK(json["server"].is_null());
}

TEST_CASE("warnings tell when the bench was the bottleneck") {
  Summary s = typical();
  CHECK(find_warnings(s).empty());
  s.reader = {0.95, 0};
  CHECK(contains(find_warnings(s).at(0), "reader thread was busy 95 %"));
  s.reader = {0.5, 0.45};
  CHECK(contains(find_warnings(s).at(0), "waited for a CPU"));
  s.reader = {0.5, 0.1};
  for (int i = 0; i < 10; ++i) s.publisher_lag.values.record(50'000'000);
  CHECK(contains(find_warnings(s).at(0), "publisher was late (p99 50.0 ms)"));
  s.publisher_stalls = 3;
  CHECK(contains(find_warnings(s).at(0), "wait for answers 3 times"));
}

TEST_CASE("a payload the server changes is pointed out") {
  Summary s = typical();
  s.audit.delivered = 0;
  s.foreign = 20;
  CHECK(contains(find_warnings(s).at(0), "none with the payload"));
}
