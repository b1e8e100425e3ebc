// Encrypts an image as devices open it (ota/chunk_cipher.hpp). image_encryption.cpp knows Mbed TLS.
#pragma once

#include "esb/crypto/crypto.hpp"
#include "host/cli/image_file.hpp"
#include "host/cli/outcome.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

// Whom the image's key is wrapped for.
struct Recipient {
    std::string identity;
    crypto::P256PublicKey key;
};
// "IDENTITY=x.y".
Outcome<Recipient> parse_recipient(std::string_view text);

struct EncryptedImage {
    std::string file;        // for the web server
    std::string encryption;  // the manifest's member `enc`, JSON
};

// With a fresh random key; never encrypt two images with one. Without recipients the key itself stands in the manifest: who
// can read the broker's messages can then read the image.
Outcome<EncryptedImage> encrypt_image(const ImageFile& image, std::string_view bytes,
                                      const std::vector<Recipient>& recipients);

}  // namespace esb::cli
