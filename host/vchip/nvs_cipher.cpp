#include "host/vchip/nvs_cipher.hpp"

#include "esb/base/encoding.hpp"
#include "esb/crypto/crypto.hpp"
#include "host/vchip/xts.hpp"

#include <cstdlib>
#include <utility>

namespace esb::vchip {

namespace {

Xts::Tweak tweak_of(std::uint32_t page, std::size_t offset) {
    Xts::Tweak tweak{};
    ByteWriter(tweak).le32(page).le32(static_cast<std::uint32_t>(offset));
    return tweak;
}

void must(bool succeeded) {
    if (!succeeded) std::abort();  // this machine's memory is used up
}

Xts derive(const EfuseKey& efuses) {
    std::array<std::uint8_t, 64> keys{};
    must(crypto::pbkdf2_sha256(efuses, as_bytes("nvs"), 1, keys).has_value());
    auto made = Xts::make(keys);
    wipe(keys);
    must(made.has_value());
    return std::move(*made);
}

}  // namespace

struct NvsCipher::Schedule {
    Xts xts;
};

NvsCipher::NvsCipher(const EfuseKey& key) : schedule_(std::make_shared<Schedule>(derive(key))) {}

void NvsCipher::encrypt(std::uint32_t page, std::size_t offset, MutBytes bytes) const {
    must(schedule_->xts.encrypt(tweak_of(page, offset), bytes).has_value());
}

void NvsCipher::decrypt(std::uint32_t page, std::size_t offset, MutBytes bytes) const {
    must(schedule_->xts.decrypt(tweak_of(page, offset), bytes).has_value());
}

}  // namespace esb::vchip
