#include "esb/base/file_text.hpp"

namespace esb {
namespace {

bool is_white(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

std::string_view without_mark(std::string_view text) {
    while (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    return text;
}

std::string_view bare_text(std::string_view text) {
    text = without_mark(text);
    while (!text.empty() && is_white(text.front())) text = without_mark(text.substr(1));
    while (!text.empty() && is_white(text.back())) text.remove_suffix(1);
    return text;
}

bool is_utf16(std::string_view text) { return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"); }

}  // namespace esb
