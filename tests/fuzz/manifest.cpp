// The payload parsers: what they accept keeps the bounds that the update engine relies on.
#include "esb/ota/manifest.hpp"
#include "tests/support/read_manifest.hpp"

#include <cstdlib>

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

// All URLs of a form, and its size.
void check_form(const esb::ota::UpdateManifest& update, const esb::ota::PackedForm& form) {
    require(form.size > 0 && form.urls.count > 0 && form.urls.count <= esb::ota::max_urls);
    require(form.urls.first + form.urls.count <= update.urls.all().count);
    for (std::size_t i = 0; i < form.urls.count; ++i) require(!update.urls.at(form.urls, i).empty());
}

// Names that become those of partitions, each once; all URLs of a file, its size and hash.
void check_data(const esb::ota::UpdateManifest& update) {
    for (std::size_t i = 0; i < update.data.size(); ++i) {
        const auto& file = update.data[i];
        require(!file.part.empty() && file.part.size() + 2 <= 16 && file.size > 0);
        for (const char c : file.part.view()) require((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
        for (std::size_t other = 0; other < i; ++other) require(file.part.view() != update.data[other].part.view());
        require(esb::ota::check_hash(file.sha256).has_value());
        require(file.urls.count > 0 && file.urls.count <= esb::ota::max_urls);
        require(file.urls.first + file.urls.count <= update.urls.all().count);
        for (std::size_t url = 0; url < file.urls.count; ++url) require(!update.urls.at(file.urls, url).empty());
    }
}

void check_audience(const esb::ota::Audience& audience) { require(!audience.everyone || audience.includes_us); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const esb::ConstBytes payload(data, size);
    if (const auto update = esb::test::read_update(payload)) {
        require(!update->app.empty() && !update->hw.empty() && !update->ver.empty());
        require(update->seq > 0 && update->floor <= update->seq && update->size > 0);
        require(!update->urls.empty() && update->urls.size() <= esb::ota::max_urls);
        std::size_t all = 0;
        for (std::size_t i = 0; i < update->urls.size(); ++i) {
            require(!update->urls[i].empty());
            all += update->urls[i].size();
        }
        require(all <= esb::ota::urls_max);
        check_audience(update->audience);
        check_data(*update);
        if (update->forms.alone) check_form(*update, *update->forms.alone);
        for (const auto& delta : update->forms.deltas) {
            check_form(*update, delta);
            require(delta.old_size > 0);
        }
    }
    if (const auto command = esb::test::read_command(payload)) {
        require(command->counter > 0);
        check_audience(command->audience);
    }
    if (const auto us = esb::make_identity("ESP-1")) {
        if (const auto config = esb::ota::parse_config(payload, *us)) {
            require(config->counter > 0 && !config->audience.everyone);
        }
    }
    if (const auto set = esb::test::read_keys(payload)) {
        require(set->version > 0 && !set->keys.empty());
        for (const auto& key : set->keys) {
            require(esb::crypto::check_public_key(key.key).has_value());
            require(key.kid == esb::ota::key_id(key.key));
        }
    }
    return 0;
}
