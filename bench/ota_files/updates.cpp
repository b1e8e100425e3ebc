// For bench/ota:  ota_updates OLD NEW CUTS     updates a simulated device from one image of the virtual chip to the other in
//                                              every form, also with the power cut CUTS times a form; JSON, one line a form
//
// Nothing is timed: operations of the flash are counted and cost what a typical chip takes (host/vchip/flash.cpp).
#include "host/cli/image_encryption.hpp"
#include "host/cli/packer.hpp"
#include "tests/support/update_rig.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <new>
#include <string>

namespace {

// What the library takes and gives back: its parts are made by new (std::nothrow), the simulation's are not.
struct Taken {
    struct Part {
        void* at = nullptr;
        std::size_t size = 0;
    };
    std::array<Part, 64> parts;
    std::size_t sum = 0;

    void add(void* at, std::size_t size) {
        const auto free = std::find_if(parts.begin(), parts.end(), [](const Part& part) { return part.at == nullptr; });
        if (at == nullptr || free == parts.end()) return;
        *free = {at, size};
        sum += size;
    }
    void remove(void* at) {
        const auto found = std::find_if(parts.begin(), parts.end(), [&](const Part& part) { return part.at == at; });
        if (at == nullptr || found == parts.end()) return;
        sum -= found->size;
        *found = {};
    }
} taken;

}  // namespace

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    void* const at = std::malloc(size);
    taken.add(at, size);
    return at;
}
void operator delete(void* at) noexcept {
    taken.remove(at);
    std::free(at);
}
void operator delete(void* at, std::size_t) noexcept { operator delete(at); }

namespace {

using namespace esb;

constexpr std::string_view partitions = R"(
nvs,      data, nvs,     0x9000,   24K
otadata,  data, ota,     0xf000,   8K
ota_0,    app,  ota_0,   0x20000,  1920K
ota_1,    app,  ota_1,   ,         1920K
)";
constexpr std::size_t flash_size = 0x400000;
constexpr std::size_t slot_b = 0x20000 + 1920 * 1024;

test::Image read(const char* path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// What a web server has, and the message that names it.
struct Offered {
    const char* form;
    bool encrypted;
    test::Image file;
    std::string more;  // of the manifest
};

Offered offer(const test::Image& old_image, const test::Image& image, std::string_view form, bool encrypted) {
    std::string packed;
    std::string name;
    std::string more;
    const std::string url = R"(,"url":")" + std::string(test::file_url) + "\"}";
    if (form == "z") {
        packed = cli::pack_image(image);
        name = "esb z";
        more = R"(,"z":{"size":)" + std::to_string(packed.size()) + url;
    }
    if (form == "from") {
        packed = cli::pack_image(image, old_image);
        const auto digest = test::hex(crypto::sha256(old_image));
        name = "esb from " + digest;
        more = R"(,"from":[{"sha256":")" + digest + R"(","size":)" + std::to_string(old_image.size()) +
               R"(,"packed":)" + std::to_string(packed.size()) + url + "]";
    }
    Offered made{form.data(), encrypted, packed.empty() ? image : test::Image(packed.begin(), packed.end()), more};
    if (!encrypted) return made;
    cli::ImageFile facts;
    facts.size = static_cast<std::uint32_t>(image.size());
    facts.sha256 = crypto::sha256(image);
    std::vector<cli::PackedFile> forms;
    if (!packed.empty()) forms.push_back({name, packed});
    const auto hidden = cli::encrypt_image(facts, as_text(image), {}, forms).value();
    const auto& file = packed.empty() ? hidden.file : hidden.forms[0];
    made.file.assign(file.begin(), file.end());
    made.more += ",\"enc\":" + hidden.encryption;
    return made;
}

struct Cost {
    std::size_t fetched = 0;  // bytes of bodies
    double flash_seconds = 0;   // of the slot
    double record_seconds = 0;  // of the records and the boot record
    std::size_t erases = 0;     // of the slot, in units
    std::size_t record_erases = 0;
    std::size_t heap = 0;
    bool done = false;
};

// From the old image to the confirmed new one; the power goes once `cut_at` bytes of the image are there.
Cost update(const test::Image& old_image, const test::Image& image, const Offered& offered, std::size_t cut_at) {
    Cost cost;
    vchip::MemoryStore store = test::factory_flash(old_image, flash_size);
    vchip::FlashHooks hooks;
    bool of_slot = false;
    hooks.on_operation = [&](const vchip::FlashOperation& operation) { of_slot = operation.offset >= slot_b; };
    hooks.spend = [&](std::chrono::microseconds time) {
        (of_slot ? cost.flash_seconds : cost.record_seconds) += std::chrono::duration<double>(time).count();
    };
    vchip::Flash flash(store, hooks);
    test::UpdateRig rig(flash, partitions);
    rig.allow(old_image);
    rig.allow(image);
    rig.server.file = offered.file;
    auto manifest = test::Manifest::of(image);
    manifest.more = offered.more;
    rig.retained = rig.envelope(manifest);
    // Little is under way when the power goes; without a cut, slow enough for several turns of any file.
    rig.server.bytes_a_second = cut_at > 0 ? 20'000 : offered.file.size() / 4;
    rig.watch = [&](ota::Updater& updater) {
        const bool downloading = updater.progress().state == ota::State::downloading;
        if (downloading && rig.server.body_bytes > 0) cost.heap = std::max(cost.heap, taken.sum);
        return cut_at > 0 && rig.server.body_bytes >= cut_at;
    };
    auto boot = rig.boot();
    if (cut_at > 0) {
        cut_at = 0;
        rig.server.lose_peer();
        rig.server.bytes_a_second = 0;
        boot = rig.boot();
    }
    boot = rig.boot();
    cost.done = boot.last.state == ota::State::confirmed && boot.authorized;
    cost.fetched = rig.server.body_bytes;
    const auto& erases = flash.wear().erases;
    for (std::size_t unit = 0; unit < erases.size(); ++unit) {
        if (unit >= slot_b / vchip::erase_unit) cost.erases += erases[unit];
        if (unit < 0xF000 / vchip::erase_unit) cost.record_erases += erases[unit];
    }
    return cost;
}

bool measure(const test::Image& old_image, const test::Image& image, const Offered& offered, std::size_t cuts) {
    const auto whole = update(old_image, image, offered, 0);
    std::size_t again = 0;
    std::size_t most = 0;
    std::size_t erases = 0;
    bool done = whole.done;
    for (std::size_t i = 0; i < cuts; ++i) {
        const auto at = offered.file.size() * (2 * i + 1) / (2 * cuts);
        const auto cost = update(old_image, image, offered, std::max<std::size_t>(at, 1));
        const auto twice = cost.fetched - offered.file.size();
        again += twice;
        most = std::max(most, twice);
        erases += cost.erases;
        done = done && cost.done;
    }
    std::cout << R"({"form":")" << offered.form << R"(","encrypted":)" << (offered.encrypted ? "true" : "false")
              << R"(,"image":)" << image.size() << R"(,"file":)" << offered.file.size() << R"(,"fetched":)"
              << whole.fetched << R"(,"flash_seconds":)" << whole.flash_seconds << R"(,"record_seconds":)" << whole.record_seconds << R"(,"erases":)" << whole.erases
              << R"(,"record_erases":)" << whole.record_erases << R"(,"heap":)" << whole.heap << R"(,"cuts":)" << cuts
              << R"(,"again_mean":)" << again / std::max<std::size_t>(cuts, 1) << R"(,"again_most":)" << most
              << R"(,"erases_with_a_cut":)" << erases / std::max<std::size_t>(cuts, 1) << R"(,"done":)"
              << (done ? "true" : "false") << "}\n";
    return done;
}

}  // namespace

int main(int count, char** words) {
    if (count != 4) return 2;
    const auto old_image = read(words[1]);
    const auto image = read(words[2]);
    const auto cuts = std::strtoul(words[3], nullptr, 10);
    bool done = true;
    for (const std::string_view form : {"image", "z", "from"}) {
        for (const bool encrypted : {false, true}) {
            done = measure(old_image, image, offer(old_image, image, form, encrypted), cuts) && done;
        }
    }
    return done ? 0 : 1;
}
