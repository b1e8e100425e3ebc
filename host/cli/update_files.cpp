#include "host/cli/update_files.hpp"

#include "host/cli/data_files.hpp"
#include "host/cli/files.hpp"
#include "host/cli/image_file.hpp"
#include "host/cli/image_forms.hpp"

#include <algorithm>
#include <filesystem>

namespace esb::cli {
namespace {

constexpr std::string_view cannot_open = "of the signed size; it is encrypted, so no more can be seen of it here";

std::string decrypt(ota::ChunkCipher& cipher, std::string_view file, Error& why) {
    std::string plain;
    ConstBytes rest = as_bytes(file);
    while (!rest.empty()) {
        const auto chunk = cipher.take(rest);
        if (!chunk) {
            why = chunk.error();
            return {};
        }
        plain += as_text(*chunk);
    }
    return plain;
}

}  // namespace

UpdateFiles::UpdateFiles(const ota::UpdateManifest& manifest) : manifest_(manifest) {
    if (!manifest.encryption || manifest.encryption->sender) return;
    ota::ContentKey key;
    if (key.assign(manifest.encryption->key.reveal())) key_ = key;
}

void UpdateFiles::add_old(std::string bytes) { old_.push_back(std::move(bytes)); }

const std::string* UpdateFiles::old_of(const ota::DeltaForm& delta) const {
    const auto is_it = [&](const std::string& bytes) { return crypto::sha256(as_bytes(bytes)) == delta.old_sha256; };
    const auto found = std::find_if(old_.begin(), old_.end(), is_it);
    return found == old_.end() ? nullptr : &*found;
}

Outcome<std::optional<std::string>> UpdateFiles::open(const std::string& path, std::string_view file,
                                                      std::uint32_t size, const std::string& name) const {
    const auto expected = manifest_.encryption ? ota::encrypted_size(size) : std::uint64_t{size};
    if (file.size() != expected) {
        return failure(path + " has " + std::to_string(file.size()) + " bytes, not " + std::to_string(expected),
                       Error(errors::ota_size));
    }
    if (!manifest_.encryption) return std::string(file);
    if (!key_) return std::nullopt;
    ota::ChunkCipher cipher(*key_, *manifest_.size, *manifest_.sha256);
    if (!name.empty()) cipher.use_form(name, size);
    Error why(errors::ota_chunk);
    auto plain = decrypt(cipher, file, why);
    if (plain.size() != size) return failure(path, why);
    return plain;
}

Outcome<CheckedFile> UpdateFiles::check_image(const std::string& path, std::string_view bytes) {
    const bool is_plain = manifest_.encryption && bytes.size() == *manifest_.size;
    using Opened = Outcome<std::optional<std::string>>;
    auto opened = is_plain ? Opened(std::string(bytes)) : open(path, bytes, *manifest_.size, {});
    if (!opened) return std::unexpected(opened.error());
    if (!*opened) return CheckedFile{path, "image", bytes.size(), std::string(cannot_open)};
    image_ = std::move(**opened);
    if (crypto::sha256(as_bytes(image_)) != *manifest_.sha256) return failure(path, Error(errors::ota_hash));
    const auto about = inspect_image(image_);
    if (!about || about->app != manifest_.app.view() || about->hw != manifest_.hw.view() ||
        about->ver != manifest_.ver.view() || about->seq != *manifest_.seq) {
        return failure(path, Error(errors::ota_descriptor));
    }
    return CheckedFile{path, "image", bytes.size(),
                       is_plain ? "what was signed; the web server is to have it encrypted" : "what was signed"};
}

Outcome<CheckedFile> UpdateFiles::check_form(const std::string& path, const ota::PackedForm& form,
                                             const ota::DeltaForm* delta) const {
    const auto file = read_image_file(path);
    if (!file) return std::unexpected(file.error());
    const std::string name = delta == nullptr ? "esb z" : "esb from " + hex_text(delta->old_sha256);
    const auto opened = open(path, *file, form.size, name);
    if (!opened) return std::unexpected(opened.error());
    CheckedFile checked{path, delta == nullptr ? "z" : "from", file->size(), {}};
    const std::string* const old = delta == nullptr ? nullptr : old_of(*delta);
    if (!*opened || image_.empty()) {
        checked.found = cannot_open;
    } else if (delta != nullptr && old == nullptr) {
        checked.found = "of the signed size; say --from with the old image to see what it makes";
    } else if (unpacks_to(**opened, image_, old == nullptr ? std::string_view() : *old)) {
        checked.found = "makes the image";
    } else {
        return failure(path, Error(errors::ota_packed));
    }
    return checked;
}

Outcome<std::vector<CheckedFile>> UpdateFiles::check_forms(const std::string& image_path) {
    std::vector<CheckedFile> all;
    const auto add = [&](const std::string& suffix, const ota::PackedForm& form,
                         const ota::DeltaForm* delta) -> Outcome<void> {
        const auto path = image_path + suffix;
        std::error_code error;
        if (!std::filesystem::exists(path, error)) {
            all.push_back({path, delta == nullptr ? "z" : "from", 0, "not there, not looked at"});
            return {};
        }
        auto checked = check_form(path, form, delta);
        if (!checked) return std::unexpected(checked.error());
        all.push_back(std::move(*checked));
        return {};
    };
    const auto& forms = manifest_.forms;
    if (forms.alone) {
        if (auto done = add(suffix_of_compressed, *forms.alone, nullptr); !done) return std::unexpected(done.error());
    }
    for (const auto& delta : forms.deltas) {
        if (auto done = add(suffix_of_difference(delta.old_sha256), delta, &delta); !done) {
            return std::unexpected(done.error());
        }
    }
    return all;
}

Outcome<CheckedFile> UpdateFiles::check_data_file(const std::string& path, const ota::DataFile& data) const {
    const auto file = read_image_file(path);
    if (!file) return std::unexpected(file.error());
    const auto opened = open(path, *file, data.size, PartFile{std::string(data.part.view()), {}}.key_name());
    if (!opened) return std::unexpected(opened.error());
    if (!*opened) return CheckedFile{path, "data", file->size(), std::string(cannot_open)};
    if (crypto::sha256(as_bytes(**opened)) != data.sha256) return failure(path, Error(errors::ota_hash));
    return CheckedFile{path, "data", file->size(), "what was signed for " + std::string(data.part.view())};
}

Outcome<std::vector<CheckedFile>> UpdateFiles::check_data(const std::string& image_path) const {
    std::vector<CheckedFile> all;
    for (const auto& data : manifest_.data) {
        const auto path = image_path + PartFile::suffix_of(data.part);
        std::error_code error;
        if (!std::filesystem::exists(path, error)) {
            all.push_back({path, "data", 0, "not there, not looked at"});
            continue;
        }
        auto checked = check_data_file(path, data);
        if (!checked) return std::unexpected(checked.error());
        all.push_back(std::move(*checked));
    }
    return all;
}

}  // namespace esb::cli
