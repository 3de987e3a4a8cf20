#include "redis/redis_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "base/fd.hpp"

namespace sse::test {
namespace {

constexpr std::chrono::seconds kStartDeadline{20};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

sockaddr* generic(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }

std::uint16_t free_port() {
  const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(fd.get(), generic(address), size) != 0 ||
      ::getsockname(fd.get(), generic(address), &size) != 0)
    throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

bool accepts(std::uint16_t port) {
  const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(port);
  return ::connect(fd.get(), generic(address), sizeof address) == 0;
}

}  // namespace

RedisServer::RedisServer(const std::vector<std::string>& settings) : port_(free_port()) {
  write_config(settings);
  spawn();
  await_answer();
}

RedisServer::~RedisServer() { kill(); }

std::string RedisServer::url() const { return "redis://127.0.0.1:" + std::to_string(port_); }

void RedisServer::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisServer::pause() { ::kill(pid_, SIGSTOP); }

void RedisServer::write_config(const std::vector<std::string>& settings) const {
  std::ofstream out(folder_ / "redis.conf");
  out << "bind 127.0.0.1\nport " << port_ << "\nunixsocket " << socket_path()
      << "\nsave \"\"\nappendonly no\ndaemonize no\ndir " << folder_.path()
      << "\nlogfile redis.log\n";
  for (const std::string& line : settings) out << line << "\n";
}

void RedisServer::spawn() {
  const std::string config = folder_ / "redis.conf";
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ > 0) return;
  const int null = ::open("/dev/null", O_RDWR);
  ::dup2(null, STDOUT_FILENO);
  ::dup2(null, STDERR_FILENO);
  ::execlp("redis-server", "redis-server", config.c_str(), static_cast<char*>(nullptr));
  ::_exit(127);
}

void RedisServer::await_answer() {
  const auto deadline = std::chrono::steady_clock::now() + kStartDeadline;
  while (!accepts(port_) || !std::filesystem::exists(socket_path())) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("redis-server did not start");
    }
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("redis-server does not answer");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace sse::test
