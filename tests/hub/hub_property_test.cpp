#include <algorithm>
#include <random>

#include <doctest/doctest.h>

#include "hub/hub_fixture.hpp"
#include "hub/log_model.hpp"

using namespace sse;
using namespace sse::hub;
using namespace sse::hub::test;

namespace {

constexpr std::size_t kChannels = 4;

LogLimits limits_of(unsigned seed) {
  LogLimits limits;
  limits.history_events_max = std::array<std::size_t, 4>{0, 2, 5, 100}[seed % 4];
  limits.history_age_ms = std::array<std::uint64_t, 2>{0, 30}[seed / 4 % 2];
  return limits;
}

/// A hub and, per channel, the model of its log, driven by chance.
class HubDrive {
 public:
  explicit HubDrive(unsigned seed)
      : random_(seed),
        hub_(options(limits_of(seed))),
        models_(kChannels, LogModel(limits_of(seed))) {
    for (std::size_t i = 0; i < kChannels; ++i)
      channels_.push_back(hub_.open("c" + std::to_string(i)));
  }

  void step() {
    now_ += below(3);
    switch (below(8)) {
      case 0:
        hub_.sweep(now_);
        for (LogModel& model : models_) model.evict(now_);
        break;
      case 1: {
        const std::size_t i = below(kChannels);
        hub_.end(*channels_[i]);
        ended_[i] = true;
        break;
      }
      case 2:
      case 3:
      case 4:
        publish(below(kChannels), 1 + below(4) / 3 * below(4));
        break;
      default:
        check_start();
    }
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  void publish(std::size_t i, std::size_t count) {
    std::vector<std::string> ids(count);
    std::vector<EventFields> events(count, event("x"));
    for (std::size_t k = 0; k < count; ++k) {
      if (below(3) == 0) ids[k] = "own" + std::to_string(below(40));
      if (!ids[k].empty()) events[k].id = ids[k];
    }
    const auto published = count == 1 ? std::vector{hub_.publish(*channels_[i], events[0], now_)}
                                      : hub_.publish(*channels_[i], events, now_);
    for (std::size_t k = 0; k < count; ++k) {
      ++position_;
      const std::string id = ids[k].empty() ? format_event_id(kEpoch, position_) : ids[k];
      REQUIRE(published[k].seq == position_);
      REQUIRE(published[k].id == id);
      models_[i].append(position_, now_, "id: " + id + "\ndata: x\n\n", ids[k]);
    }
    ended_[i] = false;
  }

  void check_start() {
    chosen_.clear();
    Stream stream;
    for (std::size_t i = 0; i < kChannels; ++i) {
      if (below(2) == 0) continue;
      chosen_.push_back(i);
      stream.push_back(channels_[i]);
    }
    if (stream.empty()) return;
    const StartPoint from = random_point();
    const Start start = hub_.start(stream, from);
    std::visit([&](const auto& point) { check(start, point); }, from);
  }

  StartPoint random_point() {
    switch (below(7)) {
      case 0:
        return StartLive{};
      case 1:
        return StartEarliest{};
      case 2:
        return StartLast{below(8)};
      case 3:
        return StartSince{below(now_ + 2), "asked"};
      case 4:
        return StartAfterId{"own" + std::to_string(below(40))};
      case 5:
        return StartAfterId{format_event_id("e0", below(position_ + 2))};
      default:
        return StartAfterId{format_event_id(kEpoch, below(position_ + 2))};
    }
  }

  // What follows is the same said plainly: every rule over the events of all chosen channels.
  using Stream = std::vector<std::shared_ptr<Channel>>;
  using Event = LogModel::Event;

  template <class Visit>
  void each_event(Visit visit) const {
    for (const std::size_t i : chosen_)
      for (const Event& event : models_[i].events) visit(event);
  }

  /// Checks that exactly the held events for which `wanted` is true follow; returns the oldest.
  template <class Wanted>
  Event check_follows(const Start& start, Wanted wanted) const {
    Event oldest{};
    REQUIRE(start.offsets.size() == chosen_.size());
    for (std::size_t k = 0; k < chosen_.size(); ++k) {
      const LogModel& model = models_[chosen_[k]];
      std::string expected;
      for (const Event& event : model.events) {
        if (event.evicted || !wanted(event)) continue;
        expected += model.bytes.substr(event.begin, event.end - event.begin);
        if (oldest.seq == 0 || event.seq < oldest.seq) oldest = event;
      }
      REQUIRE(read(channels_[chosen_[k]]->log(), start.offsets[k]) == expected);
    }
    return oldest;
  }

  void check_gap(const Start& start, const std::string& requested, GapReason reason,
                 const Event& oldest) const {
    REQUIRE(start.gap);
    REQUIRE(start.gap->requested == requested);
    REQUIRE(start.gap->reason == reason);
    const bool own = !oldest.own_id.empty();
    REQUIRE(start.gap->oldest == (oldest.seq == 0 ? ""
                                  : own           ? oldest.own_id
                                                  : format_event_id(kEpoch, oldest.seq)));
    REQUIRE(start.position == position_before(oldest));
  }

  Seq position_before(const Event& oldest) const {
    return oldest.seq == 0 ? position_ : oldest.seq - 1;
  }

  bool all_ended() const {
    return std::ranges::all_of(chosen_, [&](std::size_t i) { return ended_[i]; });
  }

  void check(const Start& start, const StartLive&) const {
    if (all_ended()) return check(start, StartEarliest{});
    check_follows(start, [](const Event&) { return false; });
    REQUIRE(start.position == position_);
    REQUIRE_FALSE(start.gap);
    REQUIRE_FALSE(start.ended);
  }

  void check(const Start& start, const StartEarliest&) const {
    REQUIRE(start.position ==
            position_before(check_follows(start, [](const Event&) { return true; })));
    REQUIRE_FALSE(start.gap);
    REQUIRE_FALSE(start.ended);
  }

  void check(const Start& start, const StartLast& from) const {
    std::vector<Seq> held;
    each_event([&](const Event& e) {
      if (!e.evicted) held.push_back(e.seq);
    });
    std::ranges::sort(held, std::greater<>());
    held.resize(std::min(held.size(), from.count));
    const Event oldest = check_follows(
        start, [&](const Event& e) { return std::ranges::find(held, e.seq) != held.end(); });
    REQUIRE(start.position == position_before(oldest));
    REQUIRE_FALSE(start.gap);
  }

  void check(const Start& start, const StartSince& from) const {
    const auto wanted = [&](const Event& e) { return e.time_ms >= from.time_ms; };
    const Event oldest = check_follows(start, wanted);
    const std::uint64_t missed = count_evicted(wanted);
    REQUIRE(start.position == position_before(oldest));
    REQUIRE(start.gap.has_value() == (missed > 0));
    if (!start.gap) return;
    check_gap(start, "asked", GapReason::evicted, oldest);
    if (start.gap->missed) REQUIRE(*start.gap->missed == missed);
  }

  void check(const Start& start, const StartAfterId& from) const {
    const Seq seq = resolve(from.id);
    const auto wanted = [&](const Event& e) { return seq == kUnresolved || e.seq > seq; };
    const Event oldest = check_follows(start, wanted);
    REQUIRE(start.ended == (all_ended() && oldest.seq == 0));
    if (seq == kUnresolved) {
      const bool foreign = from.id.starts_with("e0-");
      check_gap(start, from.id, foreign ? GapReason::epoch : GapReason::unknown, oldest);
      REQUIRE_FALSE(start.gap->missed);
      return;
    }
    const std::uint64_t missed = count_evicted(wanted);
    REQUIRE(start.gap.has_value() == (missed > 0));
    if (!start.gap) {
      REQUIRE(start.position == seq);
      return;
    }
    check_gap(start, from.id, GapReason::evicted, oldest);
    REQUIRE(start.gap->missed == missed);
  }

  static constexpr Seq kUnresolved = UINT64_MAX;

  Seq resolve(const std::string& id) const {
    if (id.starts_with("e1-")) {
      const Seq seq = std::stoull(id.substr(3));
      return seq <= position_ ? seq : kUnresolved;
    }
    Seq found = kUnresolved;
    for (const std::size_t i : chosen_) {
      Seq latest = kUnresolved;
      for (const Event& e : models_[i].events)
        if (!e.evicted && e.own_id == id) latest = e.seq;
      found = std::min(found, latest);
    }
    return found;
  }

  template <class Wanted>
  std::uint64_t count_evicted(Wanted wanted) const {
    std::uint64_t count = 0;
    each_event([&](const Event& e) { count += e.evicted && wanted(e) ? 1u : 0u; });
    return count;
  }

  std::mt19937 random_;
  Hub hub_;
  Stream channels_;
  std::vector<LogModel> models_;
  std::array<bool, kChannels> ended_{};
  std::vector<std::size_t> chosen_;
  Seq position_ = 0;
  std::uint64_t now_ = 0;
};

}  // namespace

TEST_CASE("a hub behaves as its model for any start of any stream") {
  for (unsigned seed = 0; seed < 160; ++seed) {
    CAPTURE(seed);
    HubDrive drive(seed);
    for (int step = 0; step < 300; ++step) drive.step();
  }
}
