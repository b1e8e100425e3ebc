#include "host/cli/image_encryption.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/identity.hpp"
#include "esb/crypto/key_agreement.hpp"
#include "esb/crypto/key_wrap.hpp"
#include "esb/ota/chunk_cipher.hpp"
#include "host/cli/base64url.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/jwe.hpp"
#include "host/cli/library.hpp"
#include "host/vchip/entropy_posix.hpp"

#include <algorithm>
#include <array>

namespace esb::cli {
namespace {

using WrappedKey = std::array<std::uint8_t, crypto::wrapped_key_size>;

Outcome<WrappedKey> wrap(ConstBytes key, const crypto::P256KeyPair& ephemeral, const Recipient& recipient,
                         chip::Entropy& entropy) {
    Secret<32> wrapping;
    std::array<std::uint8_t, 32> agreed{};
    const auto done = crypto::agree_on_key(ephemeral.secret, recipient.key, {.algorithm = "ECDH-ES+A256KW"}, entropy,
                                           agreed);
    static_cast<void>(wrapping.assign(agreed));
    wipe(agreed);
    if (!done) return failure("cannot encrypt for " + recipient.identity, done.error());
    WrappedKey wrapped{};
    const auto sealed = crypto::wrap_key(wrapping.reveal().first<32>(), key.first<32>(), wrapped);
    if (!sealed) return failure("cannot encrypt for " + recipient.identity, sealed.error());
    return wrapped;
}

Outcome<std::string> encryption_json(ConstBytes key, const std::vector<Recipient>& recipients, chip::Entropy& entropy) {
    const auto ephemeral = crypto::make_key_pair(entropy);
    if (!ephemeral) return failure("cannot encrypt", ephemeral.error());
    std::vector<std::string> wrapped;
    for (const auto& recipient : recipients) {
        const auto one = wrap(key, *ephemeral, recipient, entropy);
        if (!one) return std::unexpected(one.error());
        wrapped.push_back(base64url(*one));
    }
    return json_text([&](JsonWriter& json) {
        json.begin_object().key("alg").text("A256GCM");
        if (recipients.empty()) {
            json.key("key").text(base64url(key)).end_object();
            return;
        }
        json.key("epk").begin_object().key("kty").text("EC").key("crv").text("P-256");
        json.key("x").text(base64url(ephemeral->open.x)).key("y").text(base64url(ephemeral->open.y)).end_object();
        json.key("for").begin_object();
        for (std::size_t i = 0; i < recipients.size(); ++i) json.key(recipients[i].identity).text(wrapped[i]);
        json.end_object().end_object();
    });
}

// Nothing when it cannot.
std::string encrypt_chunks(ConstBytes key, const ImageFile& image, ConstBytes plain) {
    std::string file;
    file.reserve(ota::encrypted_size(static_cast<std::uint32_t>(plain.size())));
    const auto additional = ota::chunk_additional(static_cast<std::uint32_t>(plain.size()), image.sha256);
    for (std::uint32_t number = 0; !plain.empty(); ++number) {
        const auto chunk = plain.first(std::min(plain.size(), ota::chunk_size));
        std::array<std::uint8_t, ota::chunk_size + ota::chunk_tag_size> room;
        const auto out = MutBytes(room).first(chunk.size() + ota::chunk_tag_size);
        if (!library::seal_aes256_gcm(key, ota::chunk_nonce(number), additional, chunk, out)) return {};
        file += as_text(out);
        plain = plain.subspan(chunk.size());
    }
    return file;
}

}  // namespace

Outcome<Recipient> parse_recipient(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) {
        return failure("'" + std::string(text) + "': give IDENTITY=x.y; x.y is `enc` in the device's status");
    }
    Recipient made{.identity = std::string(text.substr(0, equals)), .key = {}};
    if (!make_identity(made.identity)) return failure("'" + made.identity + "' is not an identity");
    const auto key = parse_device_key(text.substr(equals + 1));
    if (!key) return std::unexpected(key.error());
    made.key = *key;
    return made;
}

Outcome<EncryptedImage> encrypt_image(const ImageFile& image, std::string_view bytes,
                                      const std::vector<Recipient>& recipients, const std::vector<PackedFile>& forms) {
    vchip::HostEntropy entropy;
    return encrypt_image(image, bytes, recipients, forms, entropy);
}

Outcome<EncryptedImage> encrypt_image(const ImageFile& image, std::string_view bytes,
                                      const std::vector<Recipient>& recipients, const std::vector<PackedFile>& forms,
                                      chip::Entropy& entropy) {
    const auto key = crypto::random_secret<32>(entropy);
    if (!key) return failure("cannot encrypt", key.error());
    auto encryption = encryption_json(key->reveal(), recipients, entropy);
    if (!encryption) return std::unexpected(encryption.error());
    EncryptedImage made{.file = encrypt_chunks(key->reveal(), image, as_bytes(bytes)),
                        .forms = {},
                        .encryption = std::move(*encryption)};
    for (const auto& form : forms) {
        const auto of_form = ota::key_of_form(*key, form.name);
        made.forms.push_back(encrypt_chunks(of_form.reveal(), image, as_bytes(form.bytes)));
    }
    const bool failed = std::any_of(made.forms.begin(), made.forms.end(), [](const auto& form) { return form.empty(); });
    if (made.file.empty() || failed) return failure("cannot encrypt the image");
    return made;
}

}  // namespace esb::cli
