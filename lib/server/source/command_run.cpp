#include "server/source/command_run.hpp"

#include <cstring>
#include <utility>

namespace sse::server {

CommandRun::Output::Output(CommandRun& run, std::string name, std::string event_type)
    : lines(run.sink_, name + " of " + run.options_.argv.front(), std::move(event_type),
            run.options_.line_bytes_max),
      name_(std::move(name)),
      run_(run) {}

void CommandRun::Output::open(Fd read_end) {
  reader.emplace(run_.loop_, std::move(read_end), *this);
  reader->resume();
}

void CommandRun::Output::end(int error) noexcept {
  if (error != 0 && !run_.stopping_)
    run_.sink_.warn("cannot read " + name_ + " of " + run_.options_.argv.front() + ": " +
                    std::strerror(error));
  close();
  run_.on_output_end();
}

void CommandRun::Output::close() {
  if (!reader) return;
  lines.finish();
  reader.reset();
}

CommandRun::CommandRun(uv_loop_t* loop, SourceSink& sink, const CommandOptions& options)
    : loop_(loop),
      sink_(sink),
      options_(options),
      out_(*this, "standard output", ""),
      err_(*this, "standard error", "stderr"),
      child_(loop),
      linger_(loop, [this] { on_linger(); }) {}

Result<void> CommandRun::start(std::function<void(net::ChildExit)> ended) {
  Result<net::Pipe> out = net::make_pipe();
  Result<net::Pipe> err = net::make_pipe();
  if (!out || !err) return fail((out ? err : out).error().message);
  ended_ = std::move(ended);
  Result<void> spawned = child_.spawn(options_.argv, out->write.get(), err->write.get(),
                                      [this](net::ChildExit how) { on_exit(how); });
  if (!spawned) return spawned;
  out_.open(std::move(out->read));
  err_.open(std::move(err->read));
  return {};
}

void CommandRun::pause() noexcept {
  if (stopping_) return;
  paused_ = true;
  linger_.stop();
  if (out_.reader) out_.reader->pause();
  if (err_.reader) err_.reader->pause();
}

void CommandRun::resume() noexcept {
  paused_ = false;
  if (exit_ && is_open()) linger_.start(options_.linger_ms);
  if (out_.reader) out_.reader->resume();
  if (err_.reader) err_.reader->resume();
}

void CommandRun::stop() {
  stopping_ = true;
  resume();  // a command that writes its last words must not block
  end_group();
}

void CommandRun::on_exit(net::ChildExit how) {
  exit_ = how;
  if (!is_open())
    end_group();
  else if (!paused_)
    linger_.start(options_.linger_ms);
}

void CommandRun::on_output_end() {
  if (exit_ && !is_open()) end_group();
}

void CommandRun::on_linger() {
  if (group_ended_) return finish();  // held open by a process that left the group
  if (!stopping_)
    sink_.warn(options_.argv.front() + " left processes running that hold its output: ending them");
  end_group();
}

void CommandRun::end_group() {
  child_.end_group(options_.end, [this] { on_group_ended(); });
}

void CommandRun::on_group_ended() {
  group_ended_ = true;
  if (!is_open()) return finish();
  if (!paused_) linger_.start(options_.linger_ms);
}

void CommandRun::finish() {
  linger_.stop();
  out_.close();
  err_.close();
  ended_(exit_.value_or(net::ChildExit{}));
}

}  // namespace sse::server
