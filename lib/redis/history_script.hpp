#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sse/encoder.hpp>

#include "base/result.hpp"
#include "redis/connection.hpp"
#include "redis/hub_keys.hpp"

namespace sse::redis {

/// How much of each channel Redis keeps; 0: no limit.
struct HistoryLimits {
  std::uint64_t events = 1000;
  std::uint64_t bytes = 0;
  std::uint64_t age_ms = 0;
};

/// Reads `--redis-history`: a number of events, a duration, a size with `b` (64mb), or several of
/// these between commas. The error says which part is wrong.
Result<HistoryLimits> parse_history_limits(std::string_view text);

/// Lua sources, to be loaded with SCRIPT LOAD and run with EVALSHA; see docs/redis.md.
std::string take_over_script();  ///< whose turn it is to count
std::string publish_script();    ///< number, store and publish events
std::string read_script();       ///< a page of a channel's history

/// A script as it is called: the SHA1 that SCRIPT LOAD answered, and the words after EVALSHA.
using Words = std::vector<std::string>;

/// What a client of the hub last knew of it.
struct Seen {
  std::string epoch;  ///< empty: nothing yet
  std::uint64_t seq = 0;
  std::string run;
};

/// The state of the hub in Redis, as take_over answers it.
struct HubState {
  std::string epoch;
  std::uint64_t seq = 0;
};

/// To be called once after connecting. Creates the hub if there is none; makes `run` (run_id of the
/// Redis process, from INFO server) the one that counts; gives the hub a new epoch (`candidate`) if
/// Redis lost events that were seen. Without `limits` those in force stay.
Words take_over_call(const std::string& sha, const HubKeys& keys, std::string_view run,
                     std::string_view candidate, const Seen& seen,
                     const std::optional<HistoryLimits>& limits);
Result<HubState> read_take_over(const Reply& reply);

/// Events of one channel for one call.
struct PublishCall {
  std::string_view channel;
  /// Of each event what encode_event() gives.
  std::span<const std::string> events;
  std::string_view run;
  std::string_view candidate;  ///< the epoch if the hub has none
  std::string_view producer;   ///< idempotency key; empty: none
  std::uint64_t number = 0;    ///< of the first event from that producer
  std::uint64_t producer_ttl_ms = 0;
};
struct PublishAnswer {
  std::string epoch;
  std::uint64_t first = 0;  ///< number of the first new event
  std::uint64_t count = 0;  ///< new events; the rest had been published before
};
/// An event as the script takes it. Precondition: sse::validate(fields) == nullopt.
std::string encode_event(const EventFields& fields);
Words publish_call(const std::string& sha, const HubKeys& keys, const PublishCall& call);
Result<PublishAnswer> read_publish(const Reply& reply);

inline constexpr std::size_t kPageBytesMax = 1u << 20;

/// A page of history: events after a number, or the newest ones before a number.
struct ReadCall {
  enum class What {
    events,   ///< oldest first
    tail,     ///< events, newest first
    numbers,  ///< of the newest events, newest first
  };
  std::string_view channel = {};
  What what = What::events;
  std::optional<std::uint64_t> from =
      {};                             ///< exclusive; nullopt: from the beginning, or from the end
  std::size_t count = 0;              ///< most events
  std::size_t bytes = kPageBytesMax;  ///< most bytes, but one event
};
struct ReadAnswer {
  std::string epoch;
  std::uint64_t last = 0;             ///< number of the channel's newest event; 0: it had none
  std::uint64_t nth = 0;              ///< how many it ever had
  bool more = false;                  ///< there may be more in that direction
  std::vector<std::string> messages;  ///< or numbers
};
Words read_call(const std::string& sha, const HubKeys& keys, const ReadCall& call);
Result<ReadAnswer> read_read(Reply reply);

/// Whether an error reply says that another Redis process counts: take over and try again.
bool is_other_run(std::string_view error) noexcept;
/// Whether Redis has forgotten the script: load it again.
bool is_unknown_script(std::string_view error) noexcept;

}  // namespace sse::redis
