#include "http/request.hpp"

#include "http/ascii.hpp"

namespace sse::http {

const std::string* Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (iequals(key, name)) return &value;
  return nullptr;
}

std::string Request::joined_header(std::string_view name) const {
  std::string joined;
  bool first = true;
  for (const auto& [key, value] : headers) {
    if (!iequals(key, name)) continue;
    if (!std::exchange(first, false)) joined += ", ";
    joined += value;
  }
  return joined;
}

const std::string* Request::param(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name) return &value;
  return nullptr;
}

Method method_from(std::string_view text) {
  static constexpr std::pair<std::string_view, Method> kMethods[] = {
      {"GET", Method::get}, {"HEAD", Method::head},      {"POST", Method::post},
      {"PUT", Method::put}, {"DELETE", Method::delete_}, {"OPTIONS", Method::options},
  };
  for (const auto& [name, method] : kMethods)
    if (text == name) return method;
  return Method::other;
}

}  // namespace sse::http
