// No bytes but the signer's own may open. The first byte chooses: raw text, or a JWS around header and payload from the
// input with a correct signature, so that the code behind the signature is reached as well.
#include "esb/ota/envelope.hpp"
#include "esb/base/json.hpp"
#include "tests/support/test_signer.hpp"

#include <array>
#include <cstdlib>
#include <string>

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

struct Fixture {
    esb::test::TestSigner signer;
    esb::ota::Keyring keys;
    std::string good = signer.envelope("esb-command", R"({"cmd":"cancel","ctr":1})");
    Fixture() { static_cast<void>(keys.add(*esb::ota::parse_key(signer.public_text()))); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Fixture fixture;
    if (size == 0) return 0;
    const auto text = esb::as_text({data + 1, size - 1});
    std::array<std::uint8_t, esb::ota::envelope_max * 3 / 4 + 1> buffer;
    if (data[0] % 2 == 0) {
        const auto opened = esb::ota::open_envelope(text, fixture.keys, buffer);
        require(!opened || text == fixture.good);
        return 0;
    }
    const auto split = text.find('\n');
    if (split == std::string_view::npos) return 0;
    const std::string payload(text.substr(split + 1));
    const std::string signed_text = fixture.signer.sign_with_header(text.substr(0, split), payload);
    const auto opened = esb::ota::open_envelope(signed_text, fixture.keys, buffer);
    if (!opened) return 0;
    require(esb::as_text(opened->payload) == payload);
    // Whatever opens has exactly the three members.
    const auto header = esb::JsonDocument::parse(esb::as_bytes(text.substr(0, split)));
    require(header && header->root().size() == 3 && header->root()["alg"].text().value() == "ES256");
    require(header->root()["kid"].text().value() == fixture.signer.kid());
    return 0;
}
