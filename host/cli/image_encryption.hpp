// Encrypts an image as devices open it (ota/chunk_cipher.hpp).
#pragma once

#include "esb/chip/entropy.hpp"
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

// A packed form of the image (packer.hpp).
struct PackedFile {
    std::string name;  // of its key: "esb z", or "esb from " and the old image's SHA-256 in hex
    std::string bytes;
};

struct EncryptedImage {
    std::string file;                // for the web server
    std::vector<std::string> forms;  // in the order of those that were given
    std::string encryption;          // the manifest's member `enc`, JSON
};

// With a fresh random key; never encrypt two images with one. Without recipients the key itself stands in the manifest: who
// can read the broker's messages can then read the image. Each packed form gets a key that is made of the image's.
Outcome<EncryptedImage> encrypt_image(const ImageFile& image, std::string_view bytes,
                                      const std::vector<Recipient>& recipients,
                                      const std::vector<PackedFile>& forms = {});
// The same with the keys that `entropy` gives: for tests that have to repeat themselves.
Outcome<EncryptedImage> encrypt_image(const ImageFile& image, std::string_view bytes,
                                      const std::vector<Recipient>& recipients, const std::vector<PackedFile>& forms,
                                      chip::Entropy& entropy);

}  // namespace esb::cli
