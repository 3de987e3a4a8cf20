#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <sse/event.hpp>

#include "client/stream_error.hpp"

namespace sse::tail {

/// One output format: appends to `out` what stdout is to hold for each thing that happens. `label`
/// names the stream when there are several, and is empty when there is one.
class Formatter {
 public:
  virtual ~Formatter() = default;

  virtual void event(std::string_view label, const Event& event, std::string& out) = 0;
  virtual void bytes(std::string_view, std::string_view, std::string&) {}
  virtual void open(std::string_view, std::string&) {}
  virtual void comment(std::string_view, std::string_view, std::string&) {}
  virtual void retry(std::string_view, std::uint64_t, std::string&) {}
  virtual void error(std::string_view, const client::StreamError&, std::string&) {}
  /// The stream is closed for good; `reason` is one word.
  virtual void close(std::string_view, std::string_view, std::string&) {}
};

/// `-o data`: the data and a newline for each event.
std::unique_ptr<Formatter> make_data_formatter();

/// `-o json`: one object a line. With `lifecycle` records with "kind" besides the events.
std::unique_ptr<Formatter> make_json_formatter(bool lifecycle);

/// `-o sse`: the events encoded anew. Each block carries its last event ID, so that its reader
/// resumes where this one would.
std::unique_ptr<Formatter> make_sse_formatter();

/// `-o raw`: the bytes of the streams as they come.
std::unique_ptr<Formatter> make_raw_formatter();

/// `-o pretty`: for people. `time_of_day` gives the text each event begins with.
std::unique_ptr<Formatter> make_pretty_formatter(bool color,
                                                 std::function<std::string()> time_of_day);

/// The word for a kind of error in records.
std::string_view name_of(client::ErrorKind kind) noexcept;

}  // namespace sse::tail
