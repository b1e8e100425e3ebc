#include "host/vchip/process_flash.hpp"

#include "esb/base/file_text.hpp"
#include "esb/base/trace.hpp"
#include "host/vchip/boot_loader.hpp"
#include "host/vchip/image.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace esb::vchip {

namespace {

constexpr Duration flashing_patience{1'000};
constexpr auto lock_retry = std::chrono::milliseconds(10);
constexpr std::size_t partition_file_max = 64 * 1024;

// At most `limit` bytes; empty when it cannot be read or is longer.
std::optional<std::string> read_file(const std::string& path, std::size_t limit) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (error || size > limit) return std::nullopt;
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file.good() && !file.eof()) return std::nullopt;
    return text;
}

// For whoever watches; the number counts from power-on, as the plan of faults does.
void tell(const FlashOperation& operation, const std::vector<Partition>& partitions, std::uint64_t number) {
    const auto in = std::find_if(partitions.begin(), partitions.end(), [&operation](const Partition& one) {
        return operation.offset >= one.offset && operation.offset - one.offset < one.size;
    });
    trace::event("flash", operation.kind == FlashOperation::Kind::erase ? "erase" : "program",
                 {{"partition", in == partitions.end() ? std::string_view() : std::string_view(in->name)},
                  {"offset", operation.offset},
                  {"size", operation.length},
                  {"number", number}});
}

[[noreturn]] void lose_power(ChipPage& page) {
    page.request = ChipPage::Request::power_cut;
    trace::event("chip", "power-cut", {{"operation", page.flash_operations.load()}});
    for (;;) raise(SIGKILL);
}

}  // namespace

Result<PartitionTable> load_partitions(const std::string& path, std::size_t flash_size) {
    if (path.empty()) return PartitionTable::parse(default_partitions(flash_size), flash_size);
    const auto text = read_file(path, partition_file_max);
    if (!text) return fail(errors::partition_file);
    return PartitionTable::parse(without_mark(*text), flash_size);
}

std::size_t flash_file_size(const std::string& path, std::size_t otherwise) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    return error || size == 0 ? otherwise : size;
}

Status check_flash_file(const FileStore& store) {
    std::array<std::uint8_t, 64> head{};
    const auto begin = MutBytes(head).first(std::min(head.size(), store.size()));
    ESB_TRY(store.read(0, begin));
    const bool erased = std::all_of(begin.begin(), begin.end(), [](std::uint8_t byte) { return byte == 0xFF; });
    return erased ? Status() : fail(errors::flash_not_ours);
}

FaultPlan remaining_plan(const FaultPlan& plan, std::uint64_t operations) {
    FaultPlan rest;
    if (plan.cut && plan.cut->operation > operations) {
        rest.cut = plan.cut;
        rest.cut->operation -= operations;
    }
    for (const std::uint64_t failure : plan.failures) {
        if (failure > operations) rest.failures.insert(failure - operations);
    }
    return rest;
}

std::string to_text(const FaultPlan& plan) {
    std::string text;
    if (plan.cut) text = "cut=" + to_text(*plan.cut);
    for (const std::uint64_t failure : plan.failures) {
        text += (text.empty() ? "fail=" : ",fail=") + std::to_string(failure);
    }
    return text;
}

Result<std::unique_ptr<OperationTally>> OperationTally::open(const std::string& path) {
    static_assert(sizeof(std::atomic<std::uint64_t>) == sizeof(std::uint64_t));
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return fail(errors::flash_file, errno);
    struct stat about{};
    const bool is_tally = fstat(fd, &about) == 0 && (about.st_size == 0 || about.st_size == sizeof(std::uint64_t));
    if (!is_tally) errno = EEXIST;  // somebody's file
    void* memory = is_tally && ftruncate(fd, sizeof(std::uint64_t)) == 0
                       ? mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                       : MAP_FAILED;
    const int code = errno;
    close(fd);
    if (memory == MAP_FAILED) return fail(errors::flash_file, code);
    return std::unique_ptr<OperationTally>(new OperationTally(static_cast<std::atomic<std::uint64_t>*>(memory)));
}

OperationTally::~OperationTally() { munmap(number_, sizeof(std::uint64_t)); }

Result<ProcessFlash> ProcessFlash::open(const std::string& flash_file, const std::string& partition_file,
                                        std::size_t size_of_new, const FaultPlan& plan, ChipPage& page,
                                        const std::string& tally) {
    const std::size_t size = flash_file_size(flash_file, size_of_new);
    auto table = load_partitions(partition_file, size);
    if (!table) return fail(table.error());
    auto store = FileStore::open(flash_file, size);
    if (!store) return fail(store.error());
    ESB_TRY(check_flash_file(**store));
    std::unique_ptr<OperationTally> counter;
    if (!tally.empty()) {
        auto made = OperationTally::open(tally);
        if (!made) return fail(made.error());
        counter = std::move(*made);
    }
    FlashHooks hooks;
    hooks.on_operation = [&page, to = counter.get(), partitions = table->all()](const FlashOperation& operation) {
        ++page.flash_operations;
        if (trace::on()) tell(operation, partitions, page.flash_operations);
        if (to != nullptr) to->count();
    };
    hooks.on_power_cut = [&page] { lose_power(page); };
    auto flash = std::make_unique<Flash>(**store, std::move(hooks));
    flash->set_plan(remaining_plan(plan, page.flash_operations));
    return ProcessFlash{std::move(counter), std::move(*store), std::move(*table), std::move(flash)};
}

Result<FlashLock> FlashLock::take(const std::string& flash_file, Duration patience) {
    const int fd = open(flash_file.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) return fail(errors::flash_file, errno);
    const auto until = std::chrono::steady_clock::now() + patience;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (std::chrono::steady_clock::now() >= until) {
            close(fd);
            return fail(errors::flash_in_use);
        }
        std::this_thread::sleep_for(lock_retry);
    }
    return FlashLock(fd);
}

FlashLock::FlashLock(FlashLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FlashLock::~FlashLock() {
    if (fd_ >= 0) close(fd_);
}

Status flash_image(const std::string& flash_file, const std::string& partition_file, const std::string& image_file,
                   chip::SlotId slot, std::size_t size_of_new) {
    auto page = SharedPage::create();
    if (!page) return fail(page.error());
    auto open = ProcessFlash::open(flash_file, partition_file, size_of_new, {}, **page);
    if (!open) return fail(open.error());
    const auto lock = FlashLock::take(flash_file, flashing_patience);
    if (!lock) return fail(lock.error());
    const auto region = slot_region(*open->flash, open->table, slot);
    if (!region) return fail(region.error());

    const auto text = read_file(image_file, region->size());
    if (!text) return fail(std::filesystem::exists(image_file) ? errors::image_size : errors::image_file);
    const ConstBytes image = as_bytes(*text);
    const ImageReader read = [image](std::size_t offset, MutBytes out) -> Status {
        copy(image.subspan(offset, out.size()), out);
        return {};
    };
    const auto size = verify_image(read, image.size());
    if (!size) return fail(size.error());
    if (*size != image.size()) return fail(errors::image_trailing);
    const std::size_t erased = (*size + erase_unit - 1) / erase_unit * erase_unit;
    ESB_TRY(region->erase(0, erased));
    return region->program(0, image);
}

}  // namespace esb::vchip
