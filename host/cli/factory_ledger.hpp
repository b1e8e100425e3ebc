// What a factory has issued: written down, durably, before anybody sees it.
#pragma once

#include "host/cli/files.hpp"
#include "host/cli/ledger_text.hpp"
#include "host/cli/outcome.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace esb::cli {

// The file `ledger` of a factory's folder, which keeps other runs out while this lives. It is only ever appended to; a
// line that a killed run left unfinished was never used, and is cut off.
class FactoryLedger {
public:
    // Makes folder (0700) and ledger (0600) where there is none. Fails when others can read it, for a damaged line, and
    // while another run is at work.
    static Outcome<FactoryLedger> open(const std::filesystem::path& folder);

    const FactoryBatch* batch(std::string_view name) const;
    const std::vector<LedgerDevice>& devices() const { return text_.devices; }

    // Durable on return. After a failure nothing more can be appended in this run.
    Outcome<void> begin(const FactoryBatch& batch);
    Outcome<void> issue(const std::string& batch, const FactoryDevice& device);

private:
    FactoryLedger(std::filesystem::path path, FolderLock lock, vchip::Descriptor file, LedgerText text);
    Outcome<void> append(const std::string& line);

    std::filesystem::path path_;
    FolderLock lock_;
    vchip::Descriptor file_;
    LedgerText text_;
    bool failed_ = false;
};

}  // namespace esb::cli
