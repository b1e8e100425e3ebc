#include "host/cli/birth_keeper.hpp"

#include "host/cli/broker_folder.hpp"
#include "host/cli/files.hpp"
#include "host/cli/label.hpp"
#include "host/cli/outputs.hpp"

namespace esb::cli {
namespace {

constexpr std::string_view code_prefix = "WIFI:T:";

}  // namespace

Outcome<void> BirthKeeper::take(std::string_view line) {
    if (const auto key = parse_key_line(line)) {
        if (auto kept = keep(line); !kept) return kept;
        return take_key(*key);
    }
    if (identity_.empty()) return {};
    if (const auto access_point = parse_birth_line(line); access_point && access_point->ssid == identity_) {
        if (auto kept = keep(line); !kept) return kept;
        return take_access_point(*access_point);
    }
    // The last one; a firmware without the set-up page has neither.
    const auto kept = line.starts_with(code_prefix) ? keep(line) : Outcome<void>();
    end();
    return kept;
}

Outcome<void> BirthKeeper::take_key(const DeviceKey& key) {
    identity_ = key.identity;
    complete_ = false;
    screen_.line(birth_source, "the birth lines of " + identity_ + " are in " + options_.file);
    if (options_.broker.empty()) return {};
    auto folder = BrokerFolder::open(options_.broker);
    if (!folder) return std::unexpected(folder.error());
    const auto added = folder->add({key.identity, key.psk, {std::string(default_topics)}, false});
    if (!added) return std::unexpected(added.error());
    screen_.line(birth_source, identity_ + " has an account in " + options_.broker +
                                   (*added == Reload::not_running ? "; the broker is not running" : ""));
    return {};
}

Outcome<void> BirthKeeper::take_access_point(const AccessPoint& access_point) {
    if (options_.label.empty()) return {};
    const auto label = Label::make(access_point);
    if (!label) return std::unexpected(label.error());
    const auto picture = options_.label.ends_with(".png") ? label->png() : Outcome<std::string>(label->svg());
    if (!picture) return std::unexpected(picture.error());
    if (auto written = replace_file(options_.label, *picture, 0600); !written) return written;
    screen_.line(birth_source, "its label is in " + options_.label);
    return {};
}

void BirthKeeper::end() {
    if (options_.label.empty())
        screen_.line(birth_source, "label: esb label " + identity_ + " --birth " + options_.file + " -o label.svg");
    if (options_.broker.empty())
        screen_.line(birth_source,
                     "account: esb broker add DIR " + identity_ + " -, with the key from " + options_.file);
    identity_.clear();
    complete_ = true;
}

Outcome<void> BirthKeeper::keep(std::string_view line) const {
    return append_private(options_.file, std::string(line) + '\n');
}

}  // namespace esb::cli
