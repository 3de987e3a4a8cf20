#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "cli/exit_code.hpp"

namespace sse::cli {

/// The text of a tool's --help and --version around its options.
struct ToolInfo {
  std::string name;         ///< "sse-tail"
  std::string summary;      ///< one sentence
  std::string examples;     ///< indented lines, shown after the options
  std::string build_notes;  ///< second line of --version: libraries and features
};

/// The command line of one tool: CLI11 with what the suite's tools share.
///
/// Define the options on app(), then call parse(). It adds --version, -h/--help and --config, gives
/// every long option the environment variable SSE_<OPTION>, maps CLI11's errors to exit status 2
/// with one line that names the option, and suggests the nearest option for a misspelt one.
/// Precedence: command line, environment, configuration file, default.
class CommandLine {
 public:
  explicit CommandLine(ToolInfo info);

  CLI::App& app() noexcept { return app_; }
  const ToolInfo& info() const noexcept { return info_; }

  /// nullopt: go on. Otherwise the process's exit status; what there was to say has been printed
  /// (help and version on stdout, errors on stderr).
  std::optional<int> parse(int argc, char** argv);

 private:
  void add_environment();
  int report(const CLI::Error& error);

  ToolInfo info_;
  CLI::App app_;
};

/// `--name DURATION`: "500ms", "10s", "2m"; refused outside [min, max].
CLI::Option* add_duration(CLI::App& app, const std::string& name, std::chrono::milliseconds& value,
                          const std::string& help,
                          std::chrono::milliseconds min = std::chrono::milliseconds{0},
                          std::chrono::milliseconds max = std::chrono::hours{24 * 365});
/// `--name SIZE` in bytes: "64k", "1m"; refused outside [min, max].
CLI::Option* add_size(CLI::App& app, const std::string& name, std::size_t& value,
                      const std::string& help, std::size_t min = 0, std::size_t max = SIZE_MAX);

/// `--name RATE` in events per second: "500/s", "30/m", "10"; `shown` is the default in the help.
CLI::Option* add_rate(CLI::App& app, const std::string& name, double& value,
                      const std::string& help, const std::string& shown);

/// `--name N`: a whole number in [min, max].
CLI::Option* add_count(CLI::App& app, const std::string& name, std::size_t& value,
                       const std::string& help, std::size_t min = 0, std::size_t max = SIZE_MAX);

/// Lets the option be given several times, each with one value: what follows that is another word
/// of the command line.
CLI::Option* repeatable(CLI::Option* option);

/// Prints "TOOL: message" on stderr.
void complain(std::string_view tool, std::string_view message);

/// Restores the default action of the signal and raises it, so that the caller's shell sees how the
/// process ended (128+n). Flush output first.
[[noreturn]] void die_by_signal(int signal);

/// The whole file without its last line end: for secrets given by file. Error names the file.
std::optional<std::string> read_secret_file(const std::string& path, std::string& error);

}  // namespace sse::cli
