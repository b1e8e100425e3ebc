// A factory line: a batch of devices, their secrets, and the files that go to those who flash, print and run the broker.
#pragma once

#include "esb/chip/entropy.hpp"
#include "host/cli/factory_ledger.hpp"
#include "host/cli/outcome.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace esb::cli {

struct FactoryOrder {
    std::filesystem::path folder;
    FactoryBatch batch;
    std::size_t count = 0;                // of the batch; where identities are given
    std::vector<std::string> identities;  // where they are made of MACs
    std::filesystem::path csv;            // empty: accounts.csv of the batch
};

struct FactoryResult {
    std::filesystem::path folder;  // of the batch
    std::filesystem::path csv;
    std::filesystem::path labels;
    std::vector<std::string> identities;  // of the batch, in their order
    std::size_t fresh = 0;                // issued by this run
};

// Files of a device, in the batch's folder.
std::string nvs_file(const std::string& identity);
std::string nvs_keys_file(const std::string& identity);
std::string hmac_key_file(const std::string& identity);

using FactoryProgress = std::function<void(std::size_t done, std::size_t of)>;

// Issues what is missing, and writes again what is missing of the files: each device goes into the ledger first, so that
// after a run that was killed the next one with the same order goes on where it was. Same order, same ledger: same files.
// Fails when the batch was begun with other options, for an identity of another batch, for one whose topics would contain
// another's, and when random numbers repeat.
Outcome<FactoryResult> run_factory(const FactoryOrder& order, chip::Entropy& entropy, const FactoryProgress& progress);

}  // namespace esb::cli
