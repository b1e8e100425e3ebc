#include "host/cli/factory.hpp"

#include "esb/life/given_identity.hpp"
#include "host/cli/accounts_csv.hpp"
#include "host/cli/broker_accounts.hpp"
#include "host/cli/label_sheet.hpp"
#include "host/cli/outputs.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace esb::cli {
namespace {

constexpr std::size_t serial_digits = 6;

std::string serial_text(std::size_t serial) {
    const auto text = std::to_string(serial);
    return std::string(serial_digits - std::min(serial_digits, text.size()), '0') + text;
}

// GH-000042 has the serial number 42 of the prefix GH; 0: it is not of this prefix.
std::size_t serial_of(std::string_view identity, std::string_view prefix) {
    if (!identity.starts_with(prefix) || identity.size() <= prefix.size() || identity[prefix.size()] != '-') return 0;
    std::size_t serial = 0;
    for (const char c : identity.substr(prefix.size() + 1)) {
        if (c < '0' || c > '9') return 0;
        serial = 10 * serial + static_cast<std::size_t>(c - '0');
    }
    return serial;
}

// Everything the ledger has, looked up by what must not come twice.
class Issued {
public:
    Outcome<void> add(const FactoryDevice& device) {
        if (auto fits = accounts_.add({device.identity, device.psk, {std::string(default_topics)}, false}); !fits)
            return failure(device.identity + ": " + fits.error().line);
        for (const auto& secret : {device.psk, device.ap_password, device.console_password, device.nvs_key}) {
            if (!secret.empty() && !secrets_.insert(secret).second)
                return failure(device.identity + ": a secret came twice: the random numbers of this machine repeat");
        }
        return {};
    }

private:
    Accounts accounts_;
    std::set<std::string> secrets_;
};

// What replace_file() leaves behind when its process is killed: the name and six letters of mkostemp(3).
void sweep(const std::filesystem::path& folder) {
    constexpr std::size_t added = 7;  // with the dot
    std::error_code error;
    std::vector<std::filesystem::path> stray;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        const auto name = entry.path().filename().string();
        const auto stem = std::string_view(name).substr(0, name.size() - std::min(added, name.size()));
        if (name.size() > added && name[stem.size()] == '.' &&
            (stem.ends_with(".bin") || stem.ends_with(".csv") || stem.ends_with(".pdf")))
            stray.push_back(entry.path());
    }
    for (const auto& path : stray) std::filesystem::remove(path, error);
}

class Run {
public:
    Run(const FactoryOrder& order, FactoryLedger ledger, chip::Entropy& entropy)
        : order_(order), ledger_(std::move(ledger)), entropy_(entropy), folder_(order.folder / order.batch.name) {}

    Outcome<FactoryResult> go(const FactoryProgress& progress) {
        if (auto done = begin(); !done) return std::unexpected(done.error());
        auto wanted = missing();
        if (!wanted) return std::unexpected(wanted.error());
        const std::size_t of = devices_.size() + wanted->size();
        for (std::size_t done = 0; done < devices_.size(); ++done) {
            if (auto written = write_images(devices_[done]); !written) return std::unexpected(written.error());
            progress(done + 1, of);
        }
        FactoryResult result;
        for (auto& identity : *wanted) {
            if (auto made = make(std::move(identity)); !made) return std::unexpected(made.error());
            ++result.fresh;
            progress(devices_.size(), of);
        }
        return finish(std::move(result));
    }

private:
    // The batch is in the ledger, and what it has so far is in `devices_`.
    Outcome<void> begin() {
        const auto& name = order_.batch.name;
        for (const auto& issued : ledger_.devices()) {
            if (auto fits = issued_.add(issued.device); !fits) return fits;
            if (issued.batch == name) devices_.push_back(issued.device);
        }
        if (const auto* known = ledger_.batch(name); known != nullptr) {
            if (ledger_line(*known) != ledger_line(order_.batch))
                return failure("the batch '" + name + "' was begun with other options; another one: --batch NAME");
        } else if (auto begun = begin_anew(); !begun) {
            return begun;
        }
        if (auto made = make_private_folder(folder_); !made) return made;
        sweep(folder_);
        return order_.csv.empty() ? Outcome<void>() : check_csv();
    }

    // The ledger is the only copy of what it has, and images that are flashed are not to become tables.
    Outcome<void> check_csv() const {
        std::vector<std::filesystem::path> own{order_.folder / "ledger", folder_ / "labels.pdf"};
        for (const auto& device : devices_) {
            const auto& identity = device.identity;
            for (const auto& name : {nvs_file(identity), nvs_keys_file(identity), hmac_key_file(identity)})
                own.push_back(folder_ / name);
        }
        return check_outputs(own, {order_.csv});
    }

    // Options that no device can have do not begin a batch.
    Outcome<void> begin_anew() {
        const auto sample = make_device("ESP-000000000000", order_.batch.kind, entropy_);
        if (!sample) return std::unexpected(sample.error());
        if (const auto images = device_images(*sample, order_.batch.kind); !images)
            return std::unexpected(images.error());
        return ledger_.begin(order_.batch);
    }

    // Identities that have to be issued yet.
    Outcome<std::vector<std::string>> missing() const {
        return order_.batch.kind.given ? next_serials() : unknown_macs();
    }

    Outcome<std::vector<std::string>> next_serials() const {
        if (order_.count < devices_.size())
            return failure("the batch has " + std::to_string(devices_.size()) +
                           " devices already: none can be taken back");
        std::size_t last = 0;
        const auto& prefix = order_.batch.prefix;
        for (const auto& issued : ledger_.devices()) last = std::max(last, serial_of(issued.device.identity, prefix));
        std::vector<std::string> fresh;
        for (std::size_t n = devices_.size(); n < order_.count; ++n)
            fresh.push_back(prefix + '-' + serial_text(++last));
        return fresh;
    }

    Outcome<std::vector<std::string>> unknown_macs() const {
        std::vector<std::string> fresh;
        for (const auto& identity : order_.identities) {
            const auto& all = ledger_.devices();
            const auto known = std::find_if(all.begin(), all.end(),
                                            [&](const LedgerDevice& one) { return one.device.identity == identity; });
            if (known == all.end()) {
                fresh.push_back(identity);
            } else if (known->batch != order_.batch.name) {
                return failure(identity + " was issued with the batch '" + known->batch + "'");
            }
        }
        return fresh;
    }

    Outcome<void> make(std::string identity) {
        auto device = make_device(std::move(identity), order_.batch.kind, entropy_);
        if (!device) return std::unexpected(device.error());
        if (auto fits = issued_.add(*device); !fits) return fits;
        // Made once before it is issued: what cannot be made must not be issued.
        const auto images = device_images(*device, order_.batch.kind);
        if (!images) return std::unexpected(images.error());
        if (auto issued = ledger_.issue(order_.batch.name, *device); !issued) return issued;
        devices_.push_back(std::move(*device));
        return write(devices_.back(), *images);
    }

    Outcome<void> write_images(const FactoryDevice& device) const {
        const auto images = device_images(device, order_.batch.kind);
        if (!images) return std::unexpected(images.error());
        return write(device, *images);
    }

    Outcome<void> write(const FactoryDevice& device, const DeviceImages& images) const {
        const auto& identity = device.identity;
        for (const auto& [name, content] :
             {std::pair{nvs_keys_file(identity), images.nvs_keys}, std::pair{hmac_key_file(identity), images.hmac_key},
              std::pair{nvs_file(identity), images.nvs}}) {
            if (content.empty()) continue;
            if (auto done = keep(folder_ / name, content); !done) return done;
        }
        return {};
    }

    // Nothing is written where it stands already.
    static Outcome<void> keep(const std::filesystem::path& path, const std::string& content) {
        std::error_code error;
        if (std::filesystem::exists(path, error)) {
            const auto present = read_file(path, content.size());
            if (present && *present == content && check_private(path)) return {};
        }
        return replace_file(path, content, 0600);
    }

    Outcome<FactoryResult> finish(FactoryResult result) const {
        result.folder = folder_;
        result.csv = order_.csv.empty() ? folder_ / "accounts.csv" : order_.csv;
        result.labels = folder_ / "labels.pdf";
        std::vector<DeviceKey> keys;
        for (const auto& device : devices_) {
            keys.push_back({device.identity, device.psk});
            result.identities.push_back(device.identity);
        }
        if (auto done = keep(result.csv, accounts_csv(keys)); !done) return std::unexpected(done.error());
        const auto sheets = label_sheets(devices_);
        if (!sheets) return std::unexpected(sheets.error());
        if (auto done = keep(result.labels, *sheets); !done) return std::unexpected(done.error());
        return result;
    }

    const FactoryOrder& order_;
    FactoryLedger ledger_;
    chip::Entropy& entropy_;
    std::filesystem::path folder_;
    Issued issued_;
    std::vector<FactoryDevice> devices_;  // of the batch
};

Outcome<void> check(const FactoryOrder& order) {
    if (!is_batch_name(order.batch.name) || order.batch.name == "ledger")
        return failure("a batch's name is 1 to 40 of A-Z a-z 0-9 . _ -, and not 'ledger'");
    if (!order.batch.kind.given) return {};
    const auto longest = order.batch.prefix + '-' + serial_text(order.count);
    if (!make_identity(longest) || longest.size() > life::given_identity_max)
        return failure("'" + longest + "' is no identity that can be given: at most 32 of A-Z a-z 0-9 _ -");
    return {};
}

}  // namespace

std::string nvs_file(const std::string& identity) { return identity + ".nvs.bin"; }
std::string nvs_keys_file(const std::string& identity) { return identity + ".nvs_keys.bin"; }
std::string hmac_key_file(const std::string& identity) { return identity + ".hmac_key.bin"; }

Outcome<FactoryResult> run_factory(const FactoryOrder& order, chip::Entropy& entropy, const FactoryProgress& progress) {
    if (auto good = check(order); !good) return std::unexpected(good.error());
    auto ledger = FactoryLedger::open(order.folder);
    if (!ledger) return std::unexpected(ledger.error());
    return Run(order, std::move(*ledger), entropy).go(progress);
}

}  // namespace esb::cli
