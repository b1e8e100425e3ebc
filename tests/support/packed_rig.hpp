// A device to which an update is offered in all its forms, each on a server of its own.
#pragma once

#include "esb/ota/install.hpp"
#include "host/cli/image_encryption.hpp"
#include "host/cli/packer.hpp"
#include "tests/support/bundle.hpp"
#include "tests/support/packed.hpp"
#include "tests/support/update_rig.hpp"

#include <string>
#include <vector>

namespace esb::test {

Image sealed(Image program, ConstBytes body);

// With a body that is worth being packed.
Image image_like_code(const ImageSpec& spec, unsigned seed);

// A later version of an image whose body has `spec.body` bytes or, if that is the default, about as many as the old one's.
Image next_image(const Image& old, ImageSpec spec);

struct PackedOffer {
    Image image;
    std::vector<Image> from;  // in the order of the manifest; what the server has is the difference from the device's
    bool packed = true;
    bool encrypted = false;
    std::string urls = "http://192.0.2.3/file";  // of each difference
};

class PackedRig : public UpdateRig {
public:
    explicit PackedRig(vchip::Flash& flash) : UpdateRig(flash, large_partitions) {}

    FileServer packed{network, chip::IpAddress::v4(192, 0, 2, 2)};
    FileServer delta{network, chip::IpAddress::v4(192, 0, 2, 3)};
    PackedOffer offered;
    std::string plain_packed;
    std::string plain_delta;

    // From what it runs to `image`, in every form.
    void offer(const Image& running, const Image& image);
    // Files and message, as `offered` has become.
    void publish();
    // The message alone.
    void publish_only() { retained = envelope(manifest()); }
    static void deliver(FileServer& by, std::string_view file) { by.file.assign(file.begin(), file.end()); }
    // Another file in the difference's place, with a message that tells its size.
    void deliver_difference(std::string file);
    ota::ContentKey content_key() const;

private:
    void encrypt();
    Manifest manifest() const;

    Image running_;
    std::string encryption_;
};

}  // namespace esb::test
