#include "host/cli/factory_device.hpp"

#include "esb/base/encoding.hpp"
#include "esb/crypto/crypto.hpp"
#include "esb/crypto/password.hpp"
#include "esb/life/birth.hpp"
#include "esb/life/given_identity.hpp"
#include "host/cli/device_values.hpp"
#include "host/nvs/image_writer.hpp"
#include "host/nvs/keys.hpp"

#include <array>
#include <optional>
#include <utility>

namespace esb::cli {
namespace {

namespace names = settings::names;

constexpr std::size_t psk_size = 16;  // bytes, as birth makes it
constexpr std::size_t salt_size = 16;

Result<std::string> random_hex(chip::Entropy& entropy, std::size_t size) {
    std::vector<std::uint8_t> bytes(size);
    ESB_TRY(entropy.fill(bytes));
    std::string text(2 * size, '\0');
    static_cast<void>(hex_encode(bytes, text));  // as large as it needs
    wipe(bytes);
    return text;
}

template <std::size_t N>
Result<std::array<std::uint8_t, N>> bytes_of(std::string_view hex) {
    std::array<std::uint8_t, N> bytes{};
    if (hex.size() != 2 * N) return fail(errors::bad_encoding);
    const auto decoded = hex_decode(hex, bytes);
    if (!decoded) return fail(decoded.error());
    return bytes;
}

std::size_t nvs_key_size(NvsEncryption encryption) {
    return encryption == NvsEncryption::none   ? 0
           : encryption == NvsEncryption::hmac ? nvs::hmac_key_size
                                               : nvs::keys_size;
}

// The salt that was drawn when the device was made; birth draws nothing else once all is there.
class Salt final : public chip::Entropy {
public:
    explicit Salt(std::array<std::uint8_t, salt_size> salt) : salt_(salt) {}
    Status fill(MutBytes out) override {
        if (out.size() != salt_size || used_) return fail(errors::no_entropy);
        used_ = true;
        copy(salt_, out);
        return {};
    }

private:
    std::array<std::uint8_t, salt_size> salt_;
    bool used_ = false;
};

// The label shows the secrets.
struct OnTheLabel final : life::BirthLines {
    void show(std::string_view) override {}
    bool all_seen() override { return true; }
};

Status set_secrets(const FactoryDevice& device, const DeviceKind& kind, chip::Entropy& salt, settings::Patch& patch) {
    const auto psk = bytes_of<psk_size>(device.psk);
    if (!psk) return fail(psk.error());
    ESB_TRY(patch.set_bytes(names::mqtt_psk, *psk));
    ESB_TRY(patch.set(names::mqtt_ident, device.identity));
    ESB_TRY(patch.set(names::ap_pass, device.ap_password));
    if (!kind.lock) return {};
    const auto hash = crypto::hash_password(device.console_password, salt);
    if (!hash) return fail(hash.error());
    return patch.set_bytes(names::console_password, hash->reveal());
}

Outcome<void> set_common(const DeviceKind& kind, settings::Patch& patch) {
    for (const auto& word : kind.settings) {
        const auto set = word.unset ? patch.unset(word.name) : patch.set(word.name, word.value);
        if (!set) return failure(word.name, set.error());
    }
    return {};
}

// Everything a device has in its flash after a birth that somebody has seen.
Outcome<void> be_born(const FactoryDevice& device, const DeviceKind& kind, DeviceValues& flash) {
    const settings::Schema schema;
    settings::Store store(flash, schema);
    settings::Patch patch(schema, settings::Origin::firmware);
    Salt salt(bytes_of<salt_size>(device.salt).value_or(std::array<std::uint8_t, salt_size>{}));
    if (auto done = set_common(kind, patch); !done) return done;
    const auto made = [&]() -> Status {
        ESB_TRY(set_secrets(device, kind, salt, patch));
        const auto loaded = store.load();
        if (!loaded) return fail(loaded.error());
        ESB_TRY(store.commit(patch));
        const auto identity = make_identity(device.identity);
        if (!identity) return fail(identity.error());
        if (kind.given) ESB_TRY(life::give_identity(flash, device.identity));
        OnTheLabel lines;
        return life::be_born({store, schema, flash, salt, lines}, *identity, false);
    }();
    if (!made) return failure(device.identity, made.error());
    return {};
}

Result<std::optional<nvs::Keys>> keys_of(const FactoryDevice& device, NvsEncryption encryption) {
    if (encryption == NvsEncryption::none) return std::optional<nvs::Keys>();
    if (encryption == NvsEncryption::hmac) {
        const auto key = bytes_of<nvs::hmac_key_size>(device.nvs_key);
        if (!key) return fail(key.error());
        return std::optional(nvs::keys_of_hmac_key(*key));
    }
    const auto keys = bytes_of<nvs::keys_size>(device.nvs_key);
    if (!keys) return fail(keys.error());
    return std::optional(*keys);
}

std::string text_of(ConstBytes bytes) { return std::string(as_text(bytes)); }

Result<DeviceImages> write_images(const FactoryDevice& device, const DeviceKind& kind, const DeviceValues& flash) {
    const auto keys = keys_of(device, kind.encryption);
    if (!keys) return fail(keys.error());
    std::optional<nvs::Cipher> cipher;
    if (*keys) {
        auto made = nvs::Cipher::make(**keys);
        if (!made) return fail(made.error());
        cipher = std::move(*made);
    }
    auto writer = nvs::ImageWriter::make(kind.nvs_size, std::move(cipher));
    if (!writer) return fail(writer.error());
    ESB_TRY(writer->open(nvs::device_name_space));
    for (const auto& [key, value] : flash.values()) ESB_TRY(writer->blob(key, value));
    DeviceImages images;
    images.nvs = text_of(writer->image());
    if (kind.encryption == NvsEncryption::flash) images.nvs_keys = text_of(nvs::keys_partition(**keys));
    if (kind.encryption == NvsEncryption::hmac)
        images.hmac_key = text_of(*bytes_of<nvs::hmac_key_size>(device.nvs_key));
    return images;
}

}  // namespace

Outcome<FactoryDevice> make_device(std::string identity, const DeviceKind& kind, chip::Entropy& entropy) {
    FactoryDevice device;
    device.identity = std::move(identity);
    const auto made = [&]() -> Status {
        auto psk = random_hex(entropy, psk_size);
        if (!psk) return fail(psk.error());
        auto nvs_key = random_hex(entropy, nvs_key_size(kind.encryption));
        if (!nvs_key) return fail(nvs_key.error());
        const auto ap_password = life::make_access_point_password(entropy);
        if (!ap_password) return fail(ap_password.error());
        device.psk = std::move(*psk);
        device.nvs_key = std::move(*nvs_key);
        device.ap_password = ap_password->view();
        if (!kind.lock) return {};
        const auto console_password = life::make_access_point_password(entropy);  // the same letters
        if (!console_password) return fail(console_password.error());
        auto salt = random_hex(entropy, salt_size);
        if (!salt) return fail(salt.error());
        device.console_password = console_password->view();
        device.salt = std::move(*salt);
        return {};
    }();
    if (!made) return failure(device.identity, made.error());
    return device;
}

Outcome<DeviceImages> device_images(const FactoryDevice& device, const DeviceKind& kind) {
    DeviceValues flash;
    if (auto born = be_born(device, kind, flash); !born) return std::unexpected(born.error());
    auto images = write_images(device, kind, flash);
    if (!images) return failure(device.identity, images.error());
    return std::move(*images);
}

}  // namespace esb::cli
