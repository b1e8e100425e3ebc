// What an author's firmware is, and where it begins.
#pragma once

#include "esb/ota/descriptor.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace esb {

// Which defaults the settings have.
enum class Defaults : std::uint8_t {
    open,     // for the workbench and for a broker one trusts
    product,  // settings.signed is on: the broker's operator cannot change what an update key has not signed
};

// Describes the running firmware to the Device.
struct AppDesc {
    ota::ImageIdentity image;  // name, chip, version, number
    // First trust anchors: P-256 public keys as "x.y", two base64url coordinates (what `esb key new` prints).
    std::span<const std::string_view> update_keys;
    Defaults defaults = Defaults::open;
};

class Device;

}  // namespace esb

// The author's part: registers commands, subscriptions and periodic work, then returns. Not called in safe mode.
void esb_main(esb::Device& device);
// Made by ESB_APP.
esb::AppDesc esb_app_desc();

#if defined(ESP_PLATFORM)
#define ESB_DESCRIPTOR_SECTION ".rodata_custom_desc"
#else
#define ESB_DESCRIPTOR_SECTION ".esb_desc"  // where the image's descriptor lies
#endif

// The build says that this is a product: Kconfig, or DEFINITIONS ESB_PRODUCT=1 of esb_add_firmware(). It has to hold in
// safe mode too, so it is no call in esb_main().
#if defined(CONFIG_ESB_PRODUCT) || defined(ESB_PRODUCT)
#define ESB_APP_DEFAULTS esb::Defaults::product
#else
#define ESB_APP_DEFAULTS esb::Defaults::open  // set by the build
#endif

// Once, in one source file: ESB_APP("greenhouse", "1.4.0", 42, "x.y") — name, version, seq, update keys.
// The build may define ESB_HW; it is the chip the image is for.
#define ESB_APP(app_, ver_, seq_, ...)                                                                                 \
    extern const esb::ota::ImageDescriptor esb_image_descriptor;                                                       \
    __attribute__((section(ESB_DESCRIPTOR_SECTION), used))                                                             \
    const esb::ota::ImageDescriptor esb_image_descriptor = {esb::ota::descriptor_magic, seq_, app_, ESB_HW, ver_, {}}; \
    esb::AppDesc esb_app_desc() {                                                                                      \
        static constexpr std::string_view keys[] = {__VA_ARGS__};                                                      \
        return {{app_, ESB_HW, ver_, seq_}, keys, ESB_APP_DEFAULTS};                                                   \
    }                                                                                                                  \
    static_assert(true)
