// A device with partitions of data, to which an update is offered that brings data for them.
#pragma once

#include "host/cli/image_encryption.hpp"
#include "tests/support/update_rig.hpp"

#include <string>
#include <vector>

namespace esb::test {

inline constexpr std::string_view data_partitions = R"(
nvs,      data, nvs,       0x9000,   24K
otadata,  data, ota,       0xf000,   8K
ota_0,    app,  ota_0,     0x20000,  64K
ota_1,    app,  ota_1,     ,         64K
www_0,    data, undefined, 0x40000,  64K
www_1,    data, undefined, ,         64K
model_0,  data, 0x40,      ,         16K
model_1,  data, 0x40,      ,         16K
lone_0,   data, 0x40,      ,         16K
uneven_0, data, 0x40,      ,         4K
uneven_1, data, 0x40,      ,         8K
)";
inline constexpr std::size_t data_flash = 0x80000;
inline constexpr std::size_t www_size = 64 * 1024;

inline Image some_data(std::size_t size, unsigned seed) {
    Image made(size);
    for (std::size_t i = 0; i < size; ++i) made[i] = static_cast<std::uint8_t>((i * 131 + i / 251 + seed * 17) & 0xFF);
    return made;
}

inline std::string data_entry(std::string_view part, const Image& data, const std::string& url) {
    return R"({"part":")" + std::string(part) + R"(","size":)" + std::to_string(data.size()) + R"(,"sha256":")" +
           hex(crypto::sha256(data)) + R"(","url":[")" + url + "\"]}";
}

class DataRig : public UpdateRig {
public:
    explicit DataRig(vchip::Flash& flash) : UpdateRig(flash, data_partitions) {}

    FileServer www{network, chip::IpAddress::v4(192, 0, 2, 4)};
    FileServer model{network, chip::IpAddress::v4(192, 0, 2, 5)};

    static constexpr auto www_url = "http://192.0.2.4/www";
    static constexpr auto model_url = "http://192.0.2.5/model";

    // Retained at the broker: the image with what it needs in www and, if there is any, in model.
    void offer(const Image& image, const Image& page, const Image& learned = {}) {
        allow(image);
        server.file = image;
        www.file = page;
        model.file = learned;
        std::string entries;
        if (!page.empty()) entries = data_entry("www", page, www_url);
        if (!learned.empty()) entries += (entries.empty() ? "" : ",") + data_entry("model", learned, model_url);
        offer_with(image, entries.empty() ? "" : ",\"data\":[" + entries + "]");
    }
    // The same with other members.
    void offer_with(const Image& image, const std::string& more) {
        auto manifest = Manifest::of(image, 40);
        manifest.more = more;
        retained = envelope(manifest);
    }
    // All of it encrypted, with a key in the manifest.
    void offer_encrypted(const Image& image, const Image& page) {
        offer(image, page);
        cli::ImageFile facts;
        facts.size = static_cast<std::uint32_t>(image.size());
        facts.sha256 = crypto::sha256(image);
        vchip::SimEntropy entropy(1);
        const auto made =
            cli::encrypt_image(facts, as_text(image), {}, {{"esb data www", std::string(as_text(page))}}, entropy)
                .value();
        server.file.assign(made.file.begin(), made.file.end());
        www.file.assign(made.forms[0].begin(), made.forms[0].end());
        offer_with(image, ",\"data\":[" + data_entry("www", page, www_url) + "],\"enc\":" + made.encryption);
    }
};

// A device that runs `image`, which an update has installed together with its data.
inline vchip::MemoryStore flash_with_data(const Image& first, const Image& image, const Image& page,
                                          const Image& learned = {}) {
    auto store = factory_flash(first, data_flash);
    vchip::Flash flash(store);
    DataRig rig(flash);
    rig.allow(first);
    rig.offer(image, page, learned);
    if (rig.boot_until_settled(2).back().last.state != ota::State::confirmed) std::abort();
    return store;
}

}  // namespace esb::test
