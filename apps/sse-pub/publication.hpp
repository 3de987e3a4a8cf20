#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sse-pub/event_reader.hpp"
#include "sse-pub/input.hpp"
#include "sse-pub/options.hpp"
#include "sse-pub/outlet.hpp"
#include "sse-pub/pace.hpp"

namespace sse::pub {

/// From the input to the delivery: reads events, fills in what the options give, checks them, and
/// hands them over in batches: what is ready and due goes at once.
class Publication {
 public:
  /// Options and outlet must outlive the publication.
  Publication(const PubOptions& options, Outlet& outlet, int interrupt_fd);

  /// Publishes DATA as the only event.
  void publish_data(const std::string& data);
  /// Publishes what the input holds until it ends or something fails.
  void publish_input(Input& input);

  /// Why the input cannot go on: unreadable, or an event that must not be sent. Empty: it can.
  const std::string& input_error() const noexcept { return input_error_; }
  /// Whether input_error() is about what was read, not about reading.
  bool is_invalid() const noexcept { return invalid_; }
  /// Whether everything there was has been read.
  bool saw_end() const noexcept { return saw_end_; }

 private:
  bool take(Result<void> read);
  bool complete(OutgoingEvent& event);
  bool take_input(const Input& input);
  void end_input();
  void publish_repeatedly(OutgoingEvent event);
  bool flush();
  std::size_t expand(std::span<OutgoingEvent> events);
  void reject(const OutgoingEvent& event, const Error& error);
  bool is_batch_full() const noexcept;

  const PubOptions& options_;
  Outlet& outlet_;
  int interrupt_fd_;
  Pace pace_;
  std::unique_ptr<EventReader> reader_;
  std::vector<OutgoingEvent> pending_;
  std::size_t checked_ = 0;  // of pending_
  std::size_t pending_bytes_ = 0;
  std::uint64_t number_ = 1;  // of the next event to be handed over
  std::string input_error_;
  bool invalid_ = false;
  bool saw_end_ = false;
};

/// Checks the fields the options give, before any input is read.
Result<void> check_option_fields(const PubOptions& options);

}  // namespace sse::pub
