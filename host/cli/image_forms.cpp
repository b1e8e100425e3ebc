#include "host/cli/image_forms.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/json.hpp"
#include "esb/ota/envelope.hpp"
#include "esb/ota/unpacker.hpp"
#include "host/cli/packer.hpp"

#include <algorithm>

namespace esb::cli {
namespace {

// What a device has in its two slots.
struct Slots final : ota::UnpackSource {
    std::string made;
    std::string_view old;

    Status read_result(std::size_t at, MutBytes out) override { return read(made, at, out); }
    Status read_old(std::size_t at, MutBytes out) override { return read(old, at, out); }
    static Status read(std::string_view from, std::size_t at, MutBytes out) {
        copy(as_bytes(from.substr(at, out.size())), out);
        return {};
    }
};

Outcome<ImageForm> make_form(std::string_view image, std::string_view old, std::string name) {
    ImageForm made{.old = {}, .file = {std::move(name), pack_image(as_bytes(image), as_bytes(old))}};
    if (unpacks_to(made.file.bytes, image, old)) return made;
    return failure("the image could not be packed: this is a fault of esb's");
}

Outcome<ImageForm> make_difference(const ImageFile& image, std::string_view bytes, const std::string& path) {
    const auto old_bytes = read_image_file(path);
    if (!old_bytes) return std::unexpected(old_bytes.error());
    auto old = inspect_image(*old_bytes);
    if (!old) return failure(path + ": " + old.error().line);
    if (old->app != image.app || old->hw != image.hw) {
        return failure(path + ": an image of " + old->app + " for " + old->hw + ", not of " + image.app + " for " +
                       image.hw);
    }
    if (old->seq >= image.seq) {
        return failure(path + ": its seq " + std::to_string(old->seq) + " is not below the image's, " +
                       std::to_string(image.seq));
    }
    auto made = make_form(bytes, *old_bytes, "esb from " + hex_text(old->sha256));
    if (made) made->old = std::move(*old);
    return made;
}

std::string share(std::uint64_t bytes, std::uint64_t of) {
    return std::to_string(bytes) + " (" + std::to_string((bytes * 100 + of / 2) / of) + " %)";
}

std::optional<std::string> payload_of(std::string_view envelope) {
    const auto first = envelope.find('.');
    const auto second = first == std::string_view::npos ? first : envelope.find('.', first + 1);
    if (second == std::string_view::npos || envelope.size() > ota::envelope_max) return std::nullopt;
    std::vector<std::uint8_t> payload(ota::envelope_max);
    const auto decoded = base64url_decode(envelope.substr(first + 1, second - first - 1), payload);
    if (!decoded) return std::nullopt;
    return std::string(as_text(*decoded));
}

std::uint32_t number(JsonValue value) { return static_cast<std::uint32_t>(value.integer(1, 0xFFFFFFFF).value_or(0)); }

}  // namespace

bool unpacks_to(std::string_view file, std::string_view image, std::string_view old) {
    Slots slots;
    slots.old = old;
    ota::Unpacker unpacker(slots, static_cast<std::uint32_t>(image.size()), static_cast<std::uint32_t>(old.size()));
    ConstBytes rest = as_bytes(file);
    while (true) {
        const auto made = unpacker.take(rest);
        if (!made) return false;
        if (made->empty()) return slots.made == image;
        slots.made += as_text(*made);
    }
}

std::string suffix_of_difference(const crypto::Digest& old) { return ".from-" + hex_text(old).substr(0, 8); }

std::string ImageForm::suffix() const { return old ? suffix_of_difference(old->sha256) : suffix_of_compressed; }

Outcome<std::vector<ImageForm>> make_forms(const ImageFile& image, std::string_view bytes, bool compressed,
                                           const std::vector<std::string>& old_images) {
    if (old_images.size() > ota::max_deltas) {
        return failure("an update lists differences from at most " + std::to_string(ota::max_deltas) + " images");
    }
    std::vector<ImageForm> made;
    const auto add = [&](Outcome<ImageForm> form) -> Outcome<void> {
        if (!form) return std::unexpected(form.error());
        const auto same = [&](const ImageForm& other) { return other.file.name == form->file.name; };
        if (std::any_of(made.begin(), made.end(), same)) return failure("an old image is there twice");
        made.push_back(std::move(*form));
        return {};
    };
    if (compressed) {
        if (auto done = add(make_form(bytes, {}, "esb z")); !done) return std::unexpected(done.error());
    }
    for (const auto& path : old_images) {
        if (auto done = add(make_difference(image, bytes, path)); !done) return std::unexpected(done.error());
    }
    return made;
}

std::string url_of_form(const std::string& url, const std::string& suffix) {
    const auto query = std::min(url.find('?'), url.size());
    return url.substr(0, query) + suffix + url.substr(query);
}

std::optional<OfferedForms> offered_forms(std::string_view envelope) {
    const auto payload = payload_of(envelope);
    if (!payload) return std::nullopt;
    const auto document = JsonDocument::parse(as_bytes(*payload));
    if (!document) return std::nullopt;
    const auto root = document->root();
    OfferedForms forms;
    forms.image = number(root["size"]);
    if (forms.image == 0) return std::nullopt;
    if (root["z"].is_object()) forms.compressed = number(root["z"]["size"]);
    if (root["data"].is_array()) {
        for (auto item = root["data"].first(); item.is_present(); item = item.next()) {
            forms.data.push_back({std::string(item["part"].text().value_or("")), number(item["size"])});
        }
    }
    if (!root["from"].is_array()) return forms;
    for (auto item = root["from"].first(); item.is_present(); item = item.next()) {
        forms.differences.push_back({number(item["seq"]), number(item["packed"])});
    }
    return forms;
}

std::string text_of(const OfferedForms& forms) {
    std::string text = std::to_string(forms.image) + " bytes";
    if (forms.compressed) text += "; compressed " + share(*forms.compressed, forms.image);
    for (const auto& difference : forms.differences) {
        text += "; from seq " + std::to_string(difference.seq) + " " + share(difference.bytes, forms.image);
    }
    for (const auto& data : forms.data) text += "; data for " + data.part + " " + std::to_string(data.bytes) + " bytes";
    return text;
}

std::string will_fetch(const OfferedForms& forms, std::uint32_t seq, bool takes_packed) {
    if (!takes_packed) return std::to_string(forms.image) + " bytes, the whole image";
    for (const auto& difference : forms.differences) {
        if (difference.seq != seq) continue;
        return std::to_string(difference.bytes) + " bytes, the difference from seq " + std::to_string(seq);
    }
    if (forms.compressed) return std::to_string(*forms.compressed) + " bytes, the image compressed";
    return std::to_string(forms.image) + " bytes, the whole image";
}

}  // namespace esb::cli
