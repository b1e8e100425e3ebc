// The text files of a factory: its ledger, accounts for the broker, MACs. What is taken is the same when it is written and
// read again. The first byte says which; lines of a ledger get their checksums.
#include "esb/base/encoding.hpp"
#include "host/cli/accounts_csv.hpp"
#include "host/cli/ledger_text.hpp"
#include "host/cli/mac_list.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

namespace {

using namespace esb;
using namespace esb::cli;

void require(bool holds) {
    if (!holds) std::abort();
}

std::string with_checksums(std::string_view lines) {
    std::string text(ledger_head);
    while (!lines.empty()) {
        auto line = std::string(lines.substr(0, lines.find('\n')));
        lines.remove_prefix(std::min(line.size() + 1, lines.size()));
        line += ' ';
        const auto crc = crc32(as_bytes(line));
        const std::array<std::uint8_t, 4> bytes{static_cast<std::uint8_t>(crc >> 24),
                                                static_cast<std::uint8_t>(crc >> 16),
                                                static_cast<std::uint8_t>(crc >> 8), static_cast<std::uint8_t>(crc)};
        std::array<char, 8> digits{};
        text += line + std::string(*hex_encode(bytes, digits)) + '\n';
    }
    return text;
}

std::string written(const LedgerText& ledger) {
    std::string text(ledger_head);
    for (const auto& batch : ledger.batches) text += ledger_line(batch);
    for (const auto& [batch, device] : ledger.devices) text += ledger_line(batch, device);
    return text;
}

void check_ledger(std::string_view text) {
    const auto ledger = parse_ledger(text);
    if (!ledger) return;
    require(ledger->whole <= text.size());
    const auto once = written(*ledger);
    const auto again = parse_ledger(once);
    require(again && written(*again) == once && again->devices.size() == ledger->devices.size());
}

void check_accounts(std::string_view text) {
    const auto accounts = parse_accounts_csv(text);
    if (!accounts) return;
    const auto once = accounts_csv(*accounts);
    const auto again = parse_accounts_csv(once);
    require(again && accounts_csv(*again) == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    switch (data[0] % 4) {
        case 0:
            check_ledger(text);
            break;
        case 1:
            check_ledger(with_checksums(text));
            break;
        case 2:
            check_accounts(text);
            break;
        default:
            if (const auto macs = parse_mac_list(text)) require(!macs->empty());
    }
    return 0;
}
