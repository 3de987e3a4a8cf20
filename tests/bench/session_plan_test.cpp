#include <doctest/doctest.h>

#include "sse-bench/session.hpp"

using sse::bench::Options;
using sse::bench::plan_session;

namespace {

Options to_elsewhere(std::size_t streams) {
  Options options;
  options.url = "http://192.0.2.1/news";
  options.streams = streams;
  return options;
}

}  // namespace

TEST_CASE("one address has not enough ports for as many connections") {
  const auto plan = plan_session(to_elsewhere(100'000));
  REQUIRE_FALSE(plan);
  CHECK(plan.error().message.find("100000 connections") != std::string::npos);
}

TEST_CASE("HTTP/2 needs ports for its connections, not for its streams") {
  Options options = to_elsewhere(100'000);
  options.http2_prior_knowledge = true;
  const auto plan = plan_session(options);
  REQUIRE(plan);
  CHECK(plan->open.connections(options.streams) == 1000);
  options.streams_per_connection = 1;
  CHECK_FALSE(plan_session(options));
}
