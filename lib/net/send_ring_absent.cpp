#include <cstdlib>

#include "net/send_ring.hpp"

// The ring of a build without liburing: none can be opened, so nothing else is ever called.
namespace sse::net {

struct SendRing::Ring {};

Result<std::unique_ptr<SendRing>> SendRing::open() { return fail("built without liburing"); }

SendRing::SendRing(std::unique_ptr<Ring> ring) : ring_(std::move(ring)) {}
SendRing::~SendRing() = default;

void SendRing::add(int) noexcept {}
void SendRing::remove(int) noexcept {}
void SendRing::push(int, std::string_view) noexcept {}
std::size_t SendRing::size() const noexcept { return 0; }
std::span<const SendRing::Sent> SendRing::submit() noexcept { return {}; }
bool SendRing::is_broken() const noexcept { return true; }

}  // namespace sse::net
