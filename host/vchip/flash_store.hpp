// Where the bytes of a simulated flash are kept while the power is off: in memory or in a file.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace esb::errors {
inline constexpr ErrorKind flash_file{"vchip.flash_file", "the flash file cannot be used, or has another size"};
}  // namespace esb::errors

namespace esb::vchip {

inline constexpr std::size_t flash_page = 4096;

// The bits that a tear left between 0 and 1, as masks of bytes by their offset.
using UnstableCells = std::map<std::size_t, std::uint8_t>;

// Raw contents without any rule of flash; only Flash writes it. Offsets are checked by the caller.
// Not thread-safe.
class FlashStore {
public:
    virtual ~FlashStore() = default;

    virtual std::size_t size() const = 0;
    virtual Status read(std::size_t offset, MutBytes out) const = 0;
    virtual Status write(std::size_t offset, ConstBytes bytes) = 0;

    // Survives loss of power as the bytes do; a FileStore forgets it with the process.
    UnstableCells unstable;
};

// In memory, erased at first. Copies share their pages until one writes, so that a copy costs one pointer a page.
class MemoryStore final : public FlashStore {
public:
    // `size` is a multiple of 4096.
    explicit MemoryStore(std::size_t size) : pages_(size / flash_page) {}

    std::size_t size() const override { return pages_.size() * flash_page; }
    Status read(std::size_t offset, MutBytes out) const override;
    Status write(std::size_t offset, ConstBytes bytes) override;

private:
    using Page = std::array<std::uint8_t, flash_page>;
    Page& own(std::size_t index);

    std::vector<std::shared_ptr<Page>> pages_;  // no page: erased
};

// In a file of exactly the flash's size. Every write reaches the file before it returns, so that a killed process
// leaves what its firmware had programmed.
class FileStore final : public FlashStore {
public:
    // Opens the file, or creates an erased one. `flash_file` (detail: errno, 0 when the size is wrong).
    static Result<std::unique_ptr<FileStore>> open(const std::string& path, std::size_t size);
    ~FileStore() override;
    FileStore(const FileStore&) = delete;
    FileStore& operator=(const FileStore&) = delete;

    std::size_t size() const override { return size_; }
    Status read(std::size_t offset, MutBytes out) const override;
    Status write(std::size_t offset, ConstBytes bytes) override;

private:
    FileStore(int file, std::size_t size) : file_(file), size_(size) {}

    int file_;
    std::size_t size_;
};

}  // namespace esb::vchip
