#include "sse-pub/run.hpp"

#include <cstdio>

#include "sse-pub/command.hpp"
#include "sse-pub/delivery.hpp"
#include "sse-pub/input.hpp"
#include "sse-pub/interrupt.hpp"
#include "sse-pub/make_target.hpp"
#include "sse-pub/publication.hpp"
#include "sse-pub/report.hpp"
#include "sse-pub/spooled_delivery.hpp"
#include "sse-pub/uuid.hpp"

namespace sse::pub {
namespace {

constexpr std::string_view kTool = "sse-pub";

int usage_error(const std::string& message) {
  cli::complain(kTool, message + "; see 'sse-pub --help'");
  return static_cast<int>(cli::Exit::usage);
}

int no_data() {
  cli::complain(kTool,
                "no data: standard input is a terminal\n"
                "usage: sse-pub CHANNEL DATA\n"
                "       COMMAND | sse-pub CHANNEL\n"
                "       sse-pub CHANNEL -f FILE; see 'sse-pub --help'");
  return static_cast<int>(cli::Exit::usage);
}

// Reading lines that are typed is what -l on a terminal asks for; waiting for the end of a file
// nobody mentioned is not.
bool would_hang(const PubOptions& options) {
  const bool reads = !options.data && !options.on_exit && !options.drain;
  return reads && options.file.empty() && options.format == InputFormat::whole &&
         stdin_is_terminal();
}

// A retry must not double an event, whether or not a key was thought of.
void choose_key(PubOptions& options) {
  const bool may_retry = options.retry_time.count() > 0 || !options.spool.empty();
  if (options.idempotency_key.empty() && may_retry) options.idempotency_key = random_uuid();
}

DeliveryOptions delivery_options(const PubOptions& options, int interrupt_fd) {
  DeliveryOptions out;
  out.retry_time = options.retry_time;
  out.interrupt_fd = interrupt_fd;
  out.answers = options.dry_run ? nullptr : stdout;
  if (!options.quiet) out.notice = [](const std::string& text) { cli::complain(kTool, text); };
  return out;
}

Result<std::unique_ptr<Outlet>> make_outlet(const PubOptions& options, Target& target,
                                            int interrupt_fd) {
  DeliveryOptions delivery = delivery_options(options, interrupt_fd);
  if (options.spool.empty() || options.dry_run)
    return std::make_unique<Delivery>(target, std::move(delivery));
  auto spool = Spool::open({options.spool, options.spool_bytes_max, interrupt_fd, delivery.notice});
  if (!spool) return tl::unexpected(spool.error());
  const SpoolSending sending{options.batch_events_max, options.batch_bytes_max, options.drain};
  return std::make_unique<SpooledDelivery>(*std::move(spool), target, std::move(delivery), sending);
}

int conclude(const Ending& ending, const Interrupt& interrupt, bool quiet) {
  int status = static_cast<int>(exit_status(ending));
  const std::string message = describe(ending);
  if (!message.empty() && !quiet) cli::complain(kTool, message);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    cli::complain(kTool, "cannot write to standard output");
    if (status == 0) status = static_cast<int>(cli::Exit::failure);
  }
  if (ending.tally.outcome == BatchResult::Outcome::interrupted)
    cli::die_by_signal(interrupt.signal());
  return status;
}

// Only now, as streams come and go: of events that were all accepted.
void check_receivers(const PubOptions& options, Target& target, Ending& ending) {
  if (options.require_receivers == 0 || options.dry_run) return;
  if (ending.tally.accepted == 0 || exit_status(ending) != cli::Exit::ok) return;
  const auto receivers = target.receivers();
  if (!receivers) {
    ending.receivers_problem = "cannot count the receivers: " + receivers.error().message;
    return;
  }
  ending.receivers_problem = shortage(*receivers, options.require_receivers);
  ending.too_few = !ending.receivers_problem.empty();
  const bool tells = (options.verbose || options.confirm) && !options.quiet;
  if (tells && !ending.too_few) cli::complain(kTool, describe(*receivers));
}

// Publishes what the input holds; the exit status says how that went.
int publish(const PubOptions& options, Target& target, Input& input, const Interrupt& interrupt) {
  const auto outlet = make_outlet(options, target, interrupt.fd());
  if (!outlet) {
    if (interrupt.signal() != 0) cli::die_by_signal(interrupt.signal());
    cli::complain(kTool, outlet.error().message);
    return static_cast<int>(cli::Exit::failure);
  }
  Publication publication(options, **outlet, interrupt.fd());
  if ((*outlet)->start() && !options.drain) {
    if (options.data)
      publication.publish_data(*options.data);
    else
      publication.publish_input(input);
  }
  (*outlet)->finish();
  Ending ending;
  ending.tally = (*outlet)->tally();
  ending.target = target.name();
  ending.input_error = publication.input_error();
  ending.invalid = publication.is_invalid();
  ending.all_read = publication.saw_end() || options.data || options.drain;
  check_receivers(options, target, ending);
  if (interrupt.signal() != 0) ending.tally.outcome = BatchResult::Outcome::interrupted;
  return conclude(ending, interrupt, options.quiet);
}

// The command's status is what the caller asked for, whatever becomes of the event.
int run_and_publish(PubOptions& options, Target& target, Input& input, const Interrupt& interrupt) {
  const CommandEnd end = run_command(options.command);
  if (!end.error.empty()) cli::complain(kTool, end.error);
  options.data = describe_end(options.command, end);
  publish(options, target, input, interrupt);
  return end.exit_status();
}

}  // namespace

int run(PubOptions options) {
  if (const auto good = resolve(options); !good) return usage_error(good.error().message);
  if (const auto good = check_option_fields(options); !good)
    return usage_error(good.error().message);
  if (would_hang(options)) return no_data();
  choose_key(options);

  const Interrupt interrupt;
  const auto target = make_target(options, interrupt.fd());
  if (!target) return usage_error(target.error().message);
  auto input = Input::open(options.file);
  if (!input) return usage_error("--file: " + input.error().message);
  return options.on_exit ? run_and_publish(options, **target, *input, interrupt)
                         : publish(options, **target, *input, interrupt);
}

}  // namespace sse::pub
