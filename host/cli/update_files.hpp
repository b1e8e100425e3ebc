// The files that a signed update speaks of, beside each other on the operator's disk as `esb sign` writes them.
#pragma once

#include "esb/ota/chunk_cipher.hpp"
#include "esb/ota/manifest.hpp"
#include "host/cli/outcome.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

struct CheckedFile {
    std::string path;
    std::string form;  // "image", "z", "from", "data", as in the manifest
    std::uint64_t bytes = 0;
    std::string found;  // what it was found to be, in words
};

// Are they what was signed? With the words of the device that would find out: ota_size, ota_hash, ota_descriptor,
// ota_chunk, ota_packed.
class UpdateFiles {
public:
    explicit UpdateFiles(const ota::UpdateManifest& manifest);

    // An image that differences are from.
    void add_old(std::string bytes);
    // The image, or what it was encrypted to.
    Outcome<CheckedFile> check_image(const std::string& path, std::string_view bytes);
    // Those packed forms that lie beside it. Afterwards.
    Outcome<std::vector<CheckedFile>> check_forms(const std::string& image_path);
    // The files for partitions that lie beside it.
    Outcome<std::vector<CheckedFile>> check_data(const std::string& image_path) const;

private:
    // What lies in a file of that many bytes; nothing where nobody here can open it.
    Outcome<std::optional<std::string>> open(const std::string& path, std::string_view file, std::uint32_t size,
                                             const std::string& name) const;
    Outcome<CheckedFile> check_form(const std::string& path, const ota::PackedForm& form,
                                    const ota::DeltaForm* delta) const;
    Outcome<CheckedFile> check_data_file(const std::string& path, const ota::DataFile& data) const;
    const std::string* old_of(const ota::DeltaForm& delta) const;

    const ota::UpdateManifest& manifest_;
    std::optional<ota::ContentKey> key_;  // where the envelope says it
    std::vector<std::string> old_;
    std::string image_;  // empty: nobody here can open it
};

}  // namespace esb::cli
