// What a device says that a crash has left: pieces, the virtual chip's text, ESP-IDF's core.
#include "host/cli/core_dump.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace esb::cli;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    CoreDumpPieces pieces;
    for (auto rest = text; !rest.empty(); rest.remove_prefix(std::min<std::size_t>(rest.size(), 40))) {
        pieces.take(rest.substr(0, 40));
        if (pieces.next() > pieces.size() || pieces.size() > core_dump_max) std::abort();
    }
    if (const auto crash = parse_crash_text(text); crash && crash->frames.size() > 64) std::abort();
    if (const auto core = find_elf_core(text); core && core->elf.size() > text.size()) std::abort();
    if (build_id_of(text).size() > 64) std::abort();
    return 0;
}
