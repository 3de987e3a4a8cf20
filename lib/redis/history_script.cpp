#include "redis/history_script.hpp"

#include <array>
#include <charconv>

#include "base/units.hpp"
#include "hub/event_id.hpp"
#include "redis/envelope.hpp"

namespace sse::redis {
namespace {

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<void> set_once(std::uint64_t& limit, std::uint64_t value, const char* what) {
  if (limit != 0) return fail(std::string("there are two limits for the ") + what);
  limit = value;
  return {};
}

Result<void> take_limit(std::string_view text, HistoryLimits& limits) {
  if (const auto events = whole_number(text))
    return set_once(limits.events, *events, "number of events");
  const bool is_size = text.ends_with('b') || text.ends_with('B');
  if (const auto bytes = is_size ? parse_size(text) : fail(""))
    return set_once(limits.bytes, *bytes, "size");
  if (const auto age = parse_duration(text)) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(*age).count();
    if (ms > 0) return set_once(limits.age_ms, static_cast<std::uint64_t>(ms), "age");
  }
  return fail("'" + std::string(text) +
              "' is no limit of a history: use a number of events, an age like 24h, or a size with "
              "b like 64mb");
}

std::string why(const Reply& reply) { return reply.text.empty() ? "unexpected reply" : reply.text; }

bool is_list(const Reply& reply, std::size_t size) {
  return reply.kind == Reply::Kind::array && reply.elements.size() == size;
}

std::uint64_t unsigned_of(const Reply& reply) {
  return reply.integer > 0 ? static_cast<std::uint64_t>(reply.integer) : 0;
}

std::string text_of(const std::optional<HistoryLimits>& limits,
                    std::uint64_t HistoryLimits::*member) {
  return limits ? std::to_string((*limits).*member) : std::string();
}

constexpr const char* kNoEpoch = "what it holds as epoch is none";

Words call(const std::string& sha, std::size_t keys) {
  return {"EVALSHA", sha, std::to_string(keys)};
}

}  // namespace

Result<HistoryLimits> parse_history_limits(std::string_view text) {
  HistoryLimits limits{.events = 0, .bytes = 0, .age_ms = 0};
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    if (auto taken = take_limit(part, limits); !taken) return tl::unexpected(taken.error());
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return limits;
}

Words take_over_call(const std::string& sha, const HubKeys& keys, std::string_view run,
                     std::string_view candidate, const Seen& seen,
                     const std::optional<HistoryLimits>& limits) {
  Words words = call(sha, 1);
  words.push_back(keys.meta());
  words.emplace_back(run);
  words.emplace_back(candidate);
  words.push_back(seen.epoch);
  words.push_back(std::to_string(seen.seq));
  words.push_back(seen.run);
  words.push_back(text_of(limits, &HistoryLimits::events));
  words.push_back(text_of(limits, &HistoryLimits::bytes));
  words.push_back(text_of(limits, &HistoryLimits::age_ms));
  return words;
}

Result<HubState> read_take_over(const Reply& reply) {
  if (!is_list(reply, 2)) return fail(why(reply));
  if (!hub::is_epoch(reply.elements[0].text)) return fail(kNoEpoch);
  return HubState{reply.elements[0].text, unsigned_of(reply.elements[1])};
}

std::string encode_event(const EventFields& fields) {
  std::string out = encode_envelope(fields);
  out.front() = fields.id ? '=' : '+';
  return out;
}

Words publish_call(const std::string& sha, const HubKeys& keys, const PublishCall& publish) {
  Words words = call(sha, 4);
  words.push_back(keys.meta());
  words.push_back(keys.channel(publish.channel));
  words.push_back(keys.stream(publish.channel));
  words.push_back(keys.producer(publish.producer));
  words.emplace_back(publish.run);
  words.emplace_back(publish.candidate);
  words.push_back(keys.topic(publish.channel));
  words.push_back(publish.producer.empty() ? std::string() : std::to_string(publish.number));
  words.push_back(std::to_string(publish.producer_ttl_ms));
  words.insert(words.end(), publish.events.begin(), publish.events.end());
  return words;
}

Result<PublishAnswer> read_publish(const Reply& reply) {
  if (!is_list(reply, 3)) return fail(why(reply));
  if (!hub::is_epoch(reply.elements[0].text)) return fail(kNoEpoch);
  return PublishAnswer{reply.elements[0].text, unsigned_of(reply.elements[1]),
                       unsigned_of(reply.elements[2])};
}

Words read_call(const std::string& sha, const HubKeys& keys, const ReadCall& read) {
  Words words = call(sha, 3);
  words.push_back(keys.meta());
  words.push_back(keys.channel(read.channel));
  words.push_back(keys.stream(read.channel));
  constexpr std::array kKinds{"events", "tail", "numbers"};
  words.emplace_back(kKinds[static_cast<std::size_t>(read.what)]);
  words.push_back(read.from ? std::to_string(*read.from) : std::string());
  words.push_back(std::to_string(read.count));
  words.push_back(std::to_string(read.bytes));
  return words;
}

Result<ReadAnswer> read_read(Reply reply) {
  if (!is_list(reply, 5)) return fail(why(reply));
  ReadAnswer answer;
  answer.epoch = std::move(reply.elements[0].text);
  answer.last = unsigned_of(reply.elements[1]);
  answer.nth = unsigned_of(reply.elements[2]);
  answer.more = reply.elements[3].integer == 1;
  for (Reply& message : reply.elements[4].elements)
    answer.messages.push_back(std::move(message.text));
  return answer;
}

bool is_other_run(std::string_view error) noexcept { return error.starts_with("SSERUN"); }

bool is_unknown_script(std::string_view error) noexcept { return error.starts_with("NOSCRIPT"); }

}  // namespace sse::redis
