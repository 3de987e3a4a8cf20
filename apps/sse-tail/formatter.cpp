#include "formatter.hpp"

#include <time.h>

#include <array>

#include "base/clock.hpp"
#include "client/stream_url.hpp"
#include "settings.hpp"

namespace sse::tail {
namespace {

std::string time_of_day() {
  const time_t now = ::time(nullptr);
  tm local{};
  ::localtime_r(&now, &local);
  std::array<char, sizeof "00:00:00"> text{};
  ::strftime(text.data(), text.size(), "%H:%M:%S", &local);
  return text.data();
}

}  // namespace

std::unique_ptr<Formatter> make_formatter(const Settings& settings) {
  switch (settings.output) {
    case Output::data:
      return make_data_formatter(settings.delimiter);
    case Output::json:
    case Output::json_data:
      return make_json_formatter({.lifecycle = settings.lifecycle,
                                  .embed_data = settings.output == Output::json_data,
                                  .delimiter = settings.delimiter});
    case Output::templated:
      return make_template_formatter(settings.output_template,
                                     client::display_url(settings.sources.front().request.url),
                                     settings.delimiter, &unix_ms);
    case Output::sse:
      return make_sse_formatter();
    case Output::raw:
      return make_raw_formatter();
    case Output::pretty:
      break;
  }
  return make_pretty_formatter(settings.color, &time_of_day);
}

}  // namespace sse::tail
