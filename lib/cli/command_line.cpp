#include "cli/command_line.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <numeric>
#include <vector>

#include <sse/version.hpp>

#include "base/rate.hpp"
#include "base/units.hpp"

namespace sse::cli {
namespace {

std::string environment_name(std::string option) {
  std::transform(option.begin(), option.end(), option.begin(), [](char c) {
    return c == '-' || c == '.' ? '_'
                                : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  return "SSE_" + option;
}

/// A configuration file whose items step back behind the environment: CLI11 reads the file first
/// and takes the environment only for what is still missing.
class FileBehindEnvironment final : public CLI::ConfigBase {
 public:
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    std::vector<CLI::ConfigItem> found = CLI::ConfigBase::from_config(input);
    std::erase_if(found, [](const CLI::ConfigItem& item) {
      return std::getenv(environment_name(item.name).c_str()) != nullptr;
    });
    return found;
  }
};

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row.back();
}

// The long option nearest to a misspelt one, or nothing when none is near.
std::string nearest_option(const CLI::App& app, std::string_view wrong) {
  std::string best;
  std::size_t best_distance = 3;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      const std::size_t distance = edit_distance(wrong, "--" + name);
      if (distance >= best_distance) continue;
      best_distance = distance;
      best = "--" + name;
    }
  }
  return best;
}

// $XDG_CONFIG_HOME/sse/TOOL.toml, read when it exists.
std::string default_config_path(const std::string& tool) {
  if (const char* base = std::getenv("XDG_CONFIG_HOME"); base && *base)
    return std::string(base) + "/sse/" + tool + ".toml";
  if (const char* home = std::getenv("HOME"); home && *home)
    return std::string(home) + "/.config/sse/" + tool + ".toml";
  return {};
}

}  // namespace

CommandLine::CommandLine(ToolInfo info) : info_(std::move(info)), app_(info_.summary, info_.name) {
  app_.set_help_flag("-h,--help", "Print this help and exit");
  app_.add_flag_callback(
      "--version", [] {}, "Print the version and exit");
  app_.set_config("--config", default_config_path(info_.name), "Read options from a TOML file");
  app_.config_formatter(std::make_shared<FileBehindEnvironment>());
  app_.get_formatter()->column_width(34);
  if (!info_.examples.empty()) app_.footer("Examples:\n" + info_.examples);
}

void CommandLine::add_environment() {
  for (CLI::Option* option : app_.get_options()) {
    if (option->get_lnames().empty() || !option->get_envname().empty()) continue;
    const std::string& name = option->get_lnames().front();
    if (name != "help" && name != "version" && name != "config")
      option->envname(environment_name(name));
  }
}

std::optional<int> CommandLine::parse(int argc, char** argv) {
  add_environment();
  // CLI11 checks required arguments before flags; --version must work without them.
  for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i) {
    if (std::string_view(argv[i]) != "--version") continue;
    std::printf("%s %s\n", info_.name.c_str(), SSE_VERSION);
    if (!info_.build_notes.empty()) std::printf("%s\n", info_.build_notes.c_str());
    return static_cast<int>(Exit::ok);
  }
  try {
    app_.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app_.help().c_str(), stdout);
    return static_cast<int>(Exit::ok);
  } catch (const CLI::Error& error) {
    return report(error);
  }
  return std::nullopt;
}

int CommandLine::report(const CLI::Error& error) {
  std::string message = error.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const std::vector<std::string> extras = app_.remaining();
    const std::string wrong = extras.empty() ? std::string() : extras.front();
    message = (wrong.starts_with("-") ? "unknown option " : "unexpected argument ") + wrong;
    if (const std::string hint = nearest_option(app_, wrong.substr(0, wrong.find('=')));
        !hint.empty())
      message += " (did you mean " + hint + "?)";
  }
  complain(info_.name, message + "; see '" + info_.name + " --help'");
  return static_cast<int>(Exit::usage);
}

CLI::Option* add_duration(CLI::App& app, const std::string& name, std::chrono::milliseconds& value,
                          const std::string& help, std::chrono::milliseconds min,
                          std::chrono::milliseconds max) {
  const auto check = [min, max](std::string& text) -> std::string {
    const auto parsed = parse_duration(text);
    if (!parsed) return parsed.error().message;
    if (*parsed < min || *parsed > max)
      return "'" + text + "' is outside " + format_duration(min) + " to " + format_duration(max);
    return {};
  };
  return app
      .add_option_function<std::string>(
          name,
          [&value](const std::string& text) {
            value = std::chrono::duration_cast<std::chrono::milliseconds>(*parse_duration(text));
          },
          help)
      ->check(CLI::Validator(check, ""))
      ->type_name("DURATION")
      ->default_str(format_duration(value));
}

CLI::Option* add_size(CLI::App& app, const std::string& name, std::size_t& value,
                      const std::string& help, std::size_t min, std::size_t max) {
  const auto check = [min, max](std::string& text) -> std::string {
    const auto parsed = parse_size(text);
    if (!parsed) return parsed.error().message;
    if (*parsed < min || *parsed > max)
      return "'" + text + "' is outside " + format_size(min) + " to " + format_size(max);
    return {};
  };
  return app
      .add_option_function<std::string>(
          name, [&value](const std::string& text) { value = *parse_size(text); }, help)
      ->check(CLI::Validator(check, ""))
      ->type_name("SIZE")
      ->default_str(format_size(value));
}

CLI::Option* add_rate(CLI::App& app, const std::string& name, double& value,
                      const std::string& help, const std::string& shown) {
  const auto check = [](std::string& text) -> std::string {
    const auto parsed = parse_rate(text);
    return parsed ? std::string() : parsed.error().message;
  };
  return app
      .add_option_function<std::string>(
          name, [&value](const std::string& text) { value = *parse_rate(text); }, help)
      ->check(CLI::Validator(check, "RATE"))
      ->type_name("")
      ->default_str(shown);
}

CLI::Option* repeatable(CLI::Option* option) {
  return option->expected(1)->take_all()->allow_extra_args(false);
}

CLI::Option* add_count(CLI::App& app, const std::string& name, std::size_t& value,
                       const std::string& help, std::size_t min, std::size_t max) {
  // CLI11 would take "-1" for a huge number.
  const auto check = [min, max](std::string& text) -> std::string {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size())
      return "'" + text + "' is not a whole number";
    if (number >= min && number <= max) return {};
    return "'" + text + "' is outside " + std::to_string(min) + " to " + std::to_string(max);
  };
  return app.add_option(name, value, help)
      ->check(CLI::Validator(check, ""))
      ->type_name("N")
      ->capture_default_str();
}

void complain(std::string_view tool, std::string_view message) {
  std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(tool.size()), tool.data(),
               static_cast<int>(message.size()), message.data());
}

void die_by_signal(int signal) {
  ::signal(signal, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
  ::raise(signal);
  ::_exit(128 + signal);
}

std::optional<std::string> read_secret_file(const std::string& path, std::string& error) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in && !in.eof()) {
    error = "cannot read " + path;
    return std::nullopt;
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) {
    error = path + " is empty";
    return std::nullopt;
  }
  return text;
}

}  // namespace sse::cli
