// The scanner and cJSON must agree: what the scanner accepts cJSON parses, whole, and prints as JSON that the scanner
// accepts again; what the writer makes of any text reads back.
#include "esb/base/json.hpp"
#include "esb/base/encoding.hpp"

#include <cjson/cJSON.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

// Walks over everything, so that a dangling view would be noticed.
std::size_t visit(esb::JsonValue value, unsigned depth) {
    require(depth <= 5);
    std::size_t bytes = value.name().size() + value.text().value_or("").size();
    static_cast<void>(value.integer(-100, 100));
    static_cast<void>(value.boolean());
    std::size_t count = 0;
    for (auto item = value.first(); item.is_present(); item = item.next(), ++count) bytes += visit(item, depth + 1);
    require(count == value.size());
    return bytes;
}

void check_accepted(esb::ConstBytes text) {
    const auto document = esb::JsonDocument::parse(text);
    require(document.has_value());
    static_cast<void>(visit(document->root(), 0));
    cJSON* const tree = cJSON_ParseWithLength(esb::as_text(text).data(), text.size());
    require(tree != nullptr);
    char* const printed = cJSON_PrintUnformatted(tree);
    require(printed != nullptr);
    const std::string_view again(printed);
    const auto rescanned = esb::scan_json(esb::as_bytes(again), {.max_size = again.size()});
    // cJSON prints integers above 10^15 with an exponent, which the scanner refuses.
    require(rescanned.has_value() || rescanned.error() == esb::errors::json_number);
    cJSON_free(printed);
    cJSON_Delete(tree);
}

// cJSON would take many of these; the document must not.
void check_refused(esb::ConstBytes text, const esb::Error& why) {
    require(why.detail() >= 0 && static_cast<std::size_t>(why.detail()) <= std::max<std::size_t>(text.size(), 4096));
    const auto document = esb::JsonDocument::parse(text);
    require(!document && document.error() == why);
}

void check_writer(std::string_view text) {
    std::array<char, 16384> buffer;
    esb::JsonWriter writer(buffer);
    writer.begin_object().key(text).text(text).end_object();
    if (writer.overflowed()) return;
    const esb::JsonLimits limits{.max_size = buffer.size()};
    const auto scanned = esb::scan_json(esb::as_bytes(writer.view()), limits);
    require(scanned.has_value() || scanned.error() == esb::errors::json_nul);
    const auto document = esb::JsonDocument::parse(esb::as_bytes(writer.view()), limits);
    if (!document || !esb::is_utf8(text)) return;
    require(document->root().first().name() == text);
    require(document->root().first().text().value() == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const esb::ConstBytes text(data, size);
    const auto scanned = esb::scan_json(text);
    if (scanned) {
        check_accepted(text);
    } else {
        check_refused(text, scanned.error());
    }
    check_writer(esb::as_text(text));
    return 0;
}
