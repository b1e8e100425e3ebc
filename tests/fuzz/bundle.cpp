// An upload from a browser. Whatever comes, in pieces of any size and with any announced length: only the bundle that the
// signer made is accepted, and after anything else the old image boots. Input: mode, size of the pieces, then the
// bundle itself (even mode) or changes of the good one, each two bytes of place and one of difference, and at last, when
// one byte is left over, how many bytes less are announced.
#include "tests/support/bundle.hpp"

#include <cstdlib>

namespace {

using namespace esb;

void require(bool condition) {
    if (!condition) std::abort();
}

struct Fixture {
    test::Image old_image = test::make_image({.seq = 41, .ver = "1.3.0", .body = 1000});
    test::Image new_image = test::make_image({.seq = 42, .ver = "1.4.0", .body = 3000});
    vchip::MemoryStore flash = test::factory_flash(old_image);
    std::string good = test::bundle_of(
        test::shared_signer().envelope("esb-update", test::Manifest::of(new_image, 40).json()), new_image);
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Fixture fixture;
    ByteReader input({data, size});
    const auto mode = input.u8();
    const auto piece = input.u8();
    if (!mode || !piece) return 0;
    std::string bundle = fixture.good;
    if (*mode % 2 == 0) {
        bundle = as_text(input.rest());
        static_cast<void>(input.take(input.remaining()));
    }
    while (input.remaining() >= 3) {
        const std::size_t at = *input.be16() % bundle.size();
        bundle[at] = static_cast<char>(bundle[at] ^ static_cast<char>(*input.u8()));
    }
    const std::size_t less = input.u8().value_or(0);
    const std::size_t announced = bundle.size() - std::min(less, bundle.size());

    auto store = fixture.flash;
    vchip::Flash flash(store);
    test::UpdateRig rig(flash);
    rig.allow(fixture.old_image);
    rig.allow(fixture.new_image);
    rig.on_line = [&](ota::Updater& updater) {
        if (!test::upload(updater, bundle, announced, 1U + *piece * 4U)) updater.upload_lost();
    };
    const bool is_good = bundle == fixture.good && announced == bundle.size();
    const auto boot = rig.boot();
    require((boot.end == test::BootEnd::restart) == is_good);
    require(is_good || (boot.last.state == ota::State::failed && boot.last.error.has_value()));
    rig.on_line = nullptr;
    const auto next = rig.boot();
    require(next.authorized && next.seq == (is_good ? 42U : 41U));
    return 0;
}
