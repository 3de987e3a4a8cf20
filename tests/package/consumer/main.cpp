// A stranger's program: encodes an event, parses it again and prints it.
#include <iostream>
#include <string>

#include <sse/encoder.hpp>
#include <sse/event_parser.hpp>
#include <sse/version.hpp>

int main() {
  std::string bytes;
  sse::encode({.id = "7", .event = "greeting", .data = "hello\nworld"}, bytes);
  sse::EventParser parser;
  parser.feed(bytes);
  while (parser.next() == sse::ParseResult::event) {
    const sse::Event& event = parser.event();
    std::cout << event.type << '|' << event.data << '|' << event.last_event_id << '\n';
  }
}
