#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <sse/event.hpp>

#include "client/stream_error.hpp"
#include "client/transport.hpp"
#include "output_template.hpp"

namespace sse::tail {

struct Settings;

/// One output format: appends to `out` what stdout is to hold for each thing that happens. `label`
/// names the stream when there are several, and is empty when there is one.
class Formatter {
 public:
  virtual ~Formatter() = default;

  virtual void event(std::string_view label, const Event& event, std::string& out) = 0;
  virtual void bytes(std::string_view, std::string_view, std::string&) {}
  virtual void open(std::string_view, const client::ResponseHead&, std::string&) {}
  virtual void comment(std::string_view, std::string_view, std::string&) {}
  virtual void retry(std::string_view, std::uint64_t, std::string&) {}
  virtual void error(std::string_view, const client::StreamError&, std::string&) {}
  /// The stream is closed for good; `reason` is one word.
  virtual void close(std::string_view, std::string_view, std::string&) {}
  /// Whether what was printed is worth a status of its own.
  virtual bool found_faults() const noexcept { return false; }
};

/// `-o data`: the data and the delimiter for each event.
std::unique_ptr<Formatter> make_data_formatter(std::string delimiter = "\n");

struct JsonStyle {
  bool lifecycle = false;   ///< records with "kind" besides the events
  bool embed_data = false;  ///< data that is JSON goes in as such, minified
  std::string delimiter = "\n";
};

/// `-o json` and `-o json-data`: one object and the delimiter for each event.
std::unique_ptr<Formatter> make_json_formatter(JsonStyle style);

/// `-f`: what the template says and the delimiter for each event. `url` stands for the stream when
/// there is no label.
std::unique_ptr<Formatter> make_template_formatter(OutputTemplate output_template, std::string url,
                                                   std::string delimiter,
                                                   std::function<std::uint64_t()> unix_ms);

/// `-o sse`: the events encoded anew. Each block carries its last event ID, so that its reader
/// resumes where this one would.
std::unique_ptr<Formatter> make_sse_formatter();

/// `-o raw`: the bytes of the streams as they come.
std::unique_ptr<Formatter> make_raw_formatter();

/// `-o pretty`: for people. `stamp` gives the text each event begins with; empty: none.
std::unique_ptr<Formatter> make_pretty_formatter(bool color, std::function<std::string()> stamp);

/// `--lint`: what is wrong with the stream, instead of its events.
std::unique_ptr<Formatter> make_lint_formatter(std::function<std::uint64_t()> monotonic_ms);

/// The formatter these settings ask for.
std::unique_ptr<Formatter> make_formatter(const Settings& settings);

/// The word for a kind of error in records.
std::string_view name_of(client::ErrorKind kind) noexcept;

}  // namespace sse::tail
