#include "client/library_version.hpp"

#include <curl/curl.h>

namespace sse::client {

std::string library_version() {
  const curl_version_info_data* info = ::curl_version_info(CURLVERSION_NOW);
  std::string text = std::string("libcurl ") + info->version;
  if (info->ssl_version) text += std::string(" (") + info->ssl_version + ")";
  if (info->features & CURL_VERSION_HTTP2) text += ", HTTP/2";
  if (info->features & CURL_VERSION_HTTP3) text += ", HTTP/3";
  return text;
}

}  // namespace sse::client
