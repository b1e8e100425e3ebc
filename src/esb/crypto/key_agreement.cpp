#include "esb/crypto/key_agreement.hpp"

#include "esb/crypto/shared_secret.hpp"

namespace esb::crypto {
namespace {

// Big-endian, 32 bits (RFC 7518 §4.6.2).
void add_number(Sha256& hash, std::size_t number) {
    std::array<std::uint8_t, 4> bytes{};
    for (auto& byte : bytes) {
        byte = static_cast<std::uint8_t>(number >> 24);
        number <<= 8;
    }
    hash.update(bytes);
}
void add_field(Sha256& hash, ConstBytes field) {
    add_number(hash, field.size());
    hash.update(field);
}

}  // namespace

Status agree_on_key(const P256PrivateKey& ours, const P256PublicKey& theirs, const KeyInfo& info,
                    chip::Entropy& entropy, MutBytes out) {
    Coordinate shared{};
    if (out.size() > shared.size()) return fail(errors::too_long);
    ESB_TRY(check_public_key(theirs));
    ESB_TRY(compute_shared_secret(ours, theirs, entropy, shared));

    Sha256 hash;
    add_number(hash, 1);  // the first round is the only one
    hash.update(shared);
    add_field(hash, as_bytes(info.algorithm));
    add_field(hash, info.party_u);
    add_field(hash, info.party_v);
    add_number(hash, 8 * out.size());  // SuppPubInfo: the key's length in bits
    auto digest = hash.finish();
    copy(ConstBytes(digest).first(out.size()), out);
    wipe(digest);
    wipe(shared);
    return {};
}

}  // namespace esb::crypto
