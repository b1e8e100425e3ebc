#include "host/cli/factory_ledger.hpp"

#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace esb::cli {
namespace {

constexpr std::size_t ledger_max = std::size_t{1} << 30;  // bytes: some millions of devices

}  // namespace

FactoryLedger::FactoryLedger(std::filesystem::path path, FolderLock lock, vchip::Descriptor file, LedgerText text)
    : path_(std::move(path)), lock_(std::move(lock)), file_(std::move(file)), text_(std::move(text)) {}

Outcome<FactoryLedger> FactoryLedger::open(const std::filesystem::path& folder) {
    if (auto made = make_private_folder(folder); !made) return std::unexpected(made.error());
    auto lock = FolderLock::take(folder);
    if (!lock) return std::unexpected(lock.error());
    const auto path = folder / "ledger";
    std::error_code error;
    if (!std::filesystem::exists(path, error)) {
        if (auto made = create_file(path, ledger_head, 0600); !made) return std::unexpected(made.error());
    }
    if (auto good = check_private(path); !good) return std::unexpected(good.error());
    const auto bytes = read_file(path, ledger_max);
    if (!bytes) return std::unexpected(bytes.error());
    auto text = parse_ledger(*bytes);
    if (!text) return failure(path.string() + ": " + text.error().line);
    vchip::Descriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    const int fd = file.get();
    if (fd < 0) return os_failure(path);
    FactoryLedger ledger(path, std::move(*lock), std::move(file), std::move(*text));
    const auto whole = static_cast<off_t>(ledger.text_.whole);
    if (ledger.text_.whole < bytes->size() && (::ftruncate(fd, whole) != 0 || ::fsync(fd) != 0))
        return os_failure(path);
    return ledger;
}

const FactoryBatch* FactoryLedger::batch(std::string_view name) const {
    for (const auto& batch : text_.batches) {
        if (batch.name == name) return &batch;
    }
    return nullptr;
}

Outcome<void> FactoryLedger::append(const std::string& line) {
    if (failed_) return failure(path_.string() + ": an earlier line was not written");
    failed_ = true;
    const auto written = ::write(file_.get(), line.data(), line.size());
    if (written >= 0 && static_cast<std::size_t>(written) != line.size())
        return failure(path_.string() + ": disk full");
    if (written < 0 || ::fsync(file_.get()) != 0) return os_failure(path_);
    failed_ = false;
    return {};
}

Outcome<void> FactoryLedger::begin(const FactoryBatch& batch) {
    if (auto done = append(ledger_line(batch)); !done) return done;
    text_.batches.push_back(batch);
    return {};
}

Outcome<void> FactoryLedger::issue(const std::string& batch, const FactoryDevice& device) {
    if (auto done = append(ledger_line(batch, device)); !done) return done;
    text_.devices.push_back({batch, device});
    return {};
}

}  // namespace esb::cli
