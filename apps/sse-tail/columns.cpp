#include "columns.hpp"

#include <locale.h>
#include <wchar.h>

namespace sse::tail {
namespace {

// UTF-8, whatever the user's locale, for the calls of this thread.
class Utf8Locale {
 public:
  Utf8Locale() : before_(::uselocale(utf8())) {}
  ~Utf8Locale() { ::uselocale(before_); }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  // Null, which changes nothing, where the system has none: then only ASCII is shown.
  static locale_t utf8() {
    static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;
  }

  locale_t before_;
};

}  // namespace

std::string_view cut_to_columns(std::string_view text, std::size_t columns) {
  const Utf8Locale locale;
  mbstate_t state{};
  std::size_t taken = 0;
  while (taken < text.size()) {
    wchar_t character = 0;
    const std::size_t size =
        ::mbrtowc(&character, text.data() + taken, text.size() - taken, &state);
    if (size == 0 || size > text.size() - taken) break;
    const int width = ::wcwidth(character);
    const std::size_t needed = width > 0 ? static_cast<std::size_t>(width) : 0;
    if (needed > columns) break;
    columns -= needed;
    taken += size;
  }
  return text.substr(0, taken);
}

}  // namespace sse::tail
