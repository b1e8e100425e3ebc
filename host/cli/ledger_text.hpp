// The text of a factory's ledger: a line each, words with a space between them, a CRC-32 at its end.
//
//   esb-factory-ledger 1
//   batch name=1 by=GH encrypt=hmac lock=1 nvs=81920 settings=HEX CRC
//   device batch=1 ident=GH-000001 psk=HEX ap=TEXT console=TEXT salt=HEX nvs=HEX CRC
#pragma once

#include "host/cli/factory_device.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

// What was asked for together, with the same options.
struct FactoryBatch {
    std::string name;
    std::string prefix;  // of identities that are given; empty: they are made of MACs
    DeviceKind kind;
};

struct LedgerDevice {
    std::string batch;
    FactoryDevice device;
};

struct LedgerText {
    std::vector<FactoryBatch> batches;
    std::vector<LedgerDevice> devices;
    std::size_t whole = 0;  // bytes; what is behind them is a line that a killed run did not finish
};

inline constexpr std::string_view ledger_head = "esb-factory-ledger 1\n";

// Fails with the line's number, for anything that was not written by these functions. Secrets are not looked at.
Outcome<LedgerText> parse_ledger(std::string_view text);
std::string ledger_line(const FactoryBatch& batch);
std::string ledger_line(const std::string& batch, const FactoryDevice& device);

// 1 to 40 of A-Z a-z 0-9 . _ -, not beginning with a dot or a minus: it names a folder.
bool is_batch_name(std::string_view name);

}  // namespace esb::cli
