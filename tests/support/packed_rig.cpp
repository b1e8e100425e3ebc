#include "tests/support/packed_rig.hpp"

namespace esb::test {

Image sealed(Image program, ConstBytes body) {
    const std::size_t begin = vchip::image_descriptor_at + sizeof(ota::ImageDescriptor);
    copy(body, MutBytes(program).subspan(begin, body.size()));
    return vchip::seal_image(program).value();
}

Image image_like_code(const ImageSpec& spec, unsigned seed) {
    return sealed(make_program(spec), code_like(spec.body, seed));
}

Image next_image(const Image& old, ImageSpec spec) {
    constexpr std::size_t begin = vchip::image_descriptor_at + sizeof(ota::ImageDescriptor);
    const std::size_t end = old.size() - vchip::image_hash_size - 64 - 16;
    const auto body = next_version({old.begin() + begin, old.begin() + static_cast<std::ptrdiff_t>(end)}, spec.seq);
    spec.body = body.size();
    return sealed(make_program(spec), body);
}

void PackedRig::offer(const Image& running, const Image& image) {
    allow(running);
    allow(image);
    running_ = running;
    offered = {.image = image, .from = {running}};
    publish();
}

void PackedRig::publish() {
    plain_packed = cli::pack_image(offered.image);
    plain_delta = cli::pack_image(offered.image, running_);
    server.file = offered.image;
    deliver(packed, plain_packed);
    deliver(delta, plain_delta);
    encryption_.clear();
    if (offered.encrypted) encrypt();
    publish_only();
}

void PackedRig::deliver_difference(std::string file) {
    plain_delta = std::move(file);
    deliver(delta, plain_delta);
    publish_only();
}

ota::ContentKey PackedRig::content_key() const {
    const auto text = encryption_.substr(encryption_.find("\"key\":\"") + 7, 43);
    std::array<std::uint8_t, 32> key{};
    static_cast<void>(base64url_decode(text, key));
    ota::ContentKey made;
    static_cast<void>(made.assign(key));
    return made;
}

void PackedRig::encrypt() {
    cli::ImageFile facts;
    facts.size = static_cast<std::uint32_t>(offered.image.size());
    facts.sha256 = crypto::sha256(offered.image);
    const auto name = "esb from " + hex(crypto::sha256(running_));
    const auto made = cli::encrypt_image(facts, as_text(offered.image), {},
                                         {{"esb z", plain_packed}, {name, plain_delta}})
                          .value();
    deliver(server, made.file);
    deliver(packed, made.forms[0]);
    deliver(delta, made.forms[1]);
    encryption_ = made.encryption;
}

Manifest PackedRig::manifest() const {
    auto made = Manifest::of(offered.image, 40);
    if (offered.packed) {
        made.more = R"(,"z":{"size":)" + std::to_string(plain_packed.size()) + R"(,"url":"http://192.0.2.2/file"})";
    }
    std::string deltas;
    for (const auto& old : offered.from) {
        deltas += (deltas.empty() ? "" : ",") + std::string(R"({"sha256":")") + hex(crypto::sha256(old)) +
                  R"(","size":)" + std::to_string(old.size()) + R"(,"packed":)" +
                  std::to_string(plain_delta.size()) + R"(,"url":")" + offered.urls + "\"}";
    }
    if (!deltas.empty()) made.more += ",\"from\":[" + deltas + "]";
    if (!encryption_.empty()) made.more += ",\"enc\":" + encryption_;
    return made;
}

}  // namespace esb::test
