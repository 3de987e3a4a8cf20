#pragma once

#include <functional>
#include <string_view>

namespace sse::tail {

/// The parts of a JSON text as they are coloured.
enum class JsonPart { space, punctuation, name, string, other };

/// Gives the parts of a JSON text in order, laid out with a line for each member and two spaces of
/// indentation for each level; deeper than a limit the indentation stays, or hostile depth would
/// make the layout quadratic. Precondition: is_json(json).
void lay_out_json(std::string_view json,
                  const std::function<void(JsonPart, std::string_view)>& part);

}  // namespace sse::tail
