#include <sse/event_parser.hpp>
