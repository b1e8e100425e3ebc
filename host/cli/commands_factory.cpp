// esb factory
#include "host/cli/commands.hpp"
#include "host/cli/factory.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/label_sheet.hpp"
#include "host/cli/mac_list.hpp"
#include "host/vchip/entropy_posix.hpp"
#include "host/vchip/process_flash.hpp"

#include "esb/base/identity.hpp"

#include <CLI/CLI.hpp>

#include <iterator>
#include <memory>
#include <optional>

namespace esb::cli {
namespace {

constexpr std::uint8_t subtype_nvs_keys = 0x04;  // as ESP-IDF numbers it
constexpr std::size_t mac_list_max = 16 * 1024 * 1024;

struct FactoryOptions {
    FactoryOrder order;
    std::vector<std::string> macs;
    std::string mac_file;
    std::vector<std::string> settings;
    std::string encryption;
    std::string partitions;
    bool json = false;
};

// Where the images go, in the flash.
struct Places {
    std::size_t nvs = 0;
    std::size_t nvs_size = 0;
    std::size_t nvs_keys = 0;
};

std::string hex_number(std::size_t value) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (; value > 0 || text.empty(); value /= 16) text.insert(text.begin(), digits[value % 16]);
    return "0x" + text;
}

Outcome<Places> find_places(const std::string& partitions, NvsEncryption encryption) {
    using vchip::PartitionType;
    const auto what = partitions.empty() ? std::string("the partition table") : partitions;
    // Of a 4 MB flash where nothing else is said; the first lines are the same in all tables.
    const auto table =
        vchip::load_partitions(partitions, partitions.empty() ? std::size_t{4} << 20 : vchip::default_flash_size);
    if (!table) return failure(what, table.error());
    const auto* nvs = table->find(PartitionType::data, vchip::subtype_nvs);
    if (nvs == nullptr) return failure(what + " has no partition of type data, nvs");
    Places places{nvs->offset, nvs->size, 0};
    if (encryption != NvsEncryption::flash) return places;
    const auto* keys = table->find(PartitionType::data, subtype_nvs_keys);
    if (keys == nullptr) return failure(what + " has no partition of type data, nvs_keys");
    places.nvs_keys = keys->offset;
    return places;
}

Outcome<std::vector<chip::Mac>> read_macs(const FactoryOptions& options, Shell& shell) {
    std::string text;
    if (options.mac_file == "-") {
        text.assign(std::istreambuf_iterator<char>(shell.in), {});
    } else if (!options.mac_file.empty()) {
        auto read = read_text(options.mac_file, mac_list_max);
        if (!read) return std::unexpected(read.error());
        text = std::move(*read);
    }
    for (const auto& mac : options.macs) text += '\n' + mac;
    auto macs = parse_mac_list(text);
    if (!macs && !options.mac_file.empty()) return failure(options.mac_file + ": " + macs.error().line);
    return macs;
}

Outcome<void> complete(FactoryOptions& options, const Places& places, Shell& shell) {
    auto& order = options.order;
    auto& kind = order.batch.kind;
    kind.nvs_size = places.nvs_size;
    kind.given = !order.batch.prefix.empty();
    if (!options.settings.empty()) {
        auto words = read_setting_words(options.settings, {}, shell);
        if (!words) return std::unexpected(words.error());
        for (const auto& word : *words) {
            if (word.value.find('\n') != std::string::npos) return failure(word.name + ": its value has several lines");
        }
        kind.settings = std::move(*words);
    }
    if (kind.given) return {};
    const auto macs = read_macs(options, shell);
    if (!macs) return std::unexpected(macs.error());
    for (const auto& mac : *macs) order.identities.emplace_back(identity_from_mac(mac).view());
    return {};
}

// On a terminal in place, elsewhere each tenth.
class ProgressLine {
public:
    explicit ProgressLine(Shell& shell) : shell_(shell) {}
    void show(std::size_t done, std::size_t of) {
        const auto tenth = 10 * done / of;
        if (!shell_.terminal && tenth == tenth_) return;
        tenth_ = tenth;
        if (shell_.terminal) shell_.err << SafeText::drawing("\r\x1B[K");
        shell_.err << done << " of " << of << " devices";
        if (!shell_.terminal) shell_.err << '\n';
        shell_.err.flush();
        drawn_ = shell_.terminal;
    }
    void end() {
        if (drawn_) shell_.err << SafeText::drawing("\r\x1B[K");
    }

private:
    Shell& shell_;
    std::size_t tenth_ = 0;
    bool drawn_ = false;
};

void print_json(const FactoryResult& made, const FactoryOptions& options, const Places& places, Shell& shell) {
    shell.out << json_text([&](JsonWriter& json) {
        json.begin_object().key("batch").text(options.order.batch.name);
        json.key("folder").text(made.folder.string()).key("accounts").text(made.csv.string());
        json.key("labels").text(made.labels.string());
        json.key("new").number(static_cast<std::int64_t>(made.fresh));
        json.key("nvs_offset").number(static_cast<std::int64_t>(places.nvs));
        if (options.order.batch.kind.encryption == NvsEncryption::flash)
            json.key("nvs_keys_offset").number(static_cast<std::int64_t>(places.nvs_keys));
        json.key("devices").begin_array();
        for (const auto& identity : made.identities) json.text(identity);
        json.end_array().end_object();
    }) << '\n';
}

void print(const FactoryResult& made, const FactoryOptions& options, const Places& places, Shell& shell) {
    const auto encryption = options.order.batch.kind.encryption;
    const auto& first = made.identities.front();
    const auto path = [&](const std::string& name) { return (made.folder / name).string(); };
    shell.out << made.identities.size() << " devices in " << made.folder.string() << ": " << made.fresh << " new, "
              << made.identities.size() - made.fresh << " as before\n"
              << "accounts: esb broker add DIR --csv " << made.csv.string() << '\n'
              << "labels:   " << made.labels.string() << ", " << sheets_for(made.identities.size())
              << " sheets of A4, 24 labels each\n"
              << "a device, once its firmware is in it:\n";
    if (encryption == NvsEncryption::hmac)
        shell.out << "  espefuse.py burn_key BLOCK_KEY0 " << path(hmac_key_file(first)) << " HMAC_UP\n";
    shell.out << "  esptool.py write_flash";
    if (encryption == NvsEncryption::flash)
        shell.out << ' ' << hex_number(places.nvs_keys) << ' ' << path(nvs_keys_file(first));
    shell.out << ' ' << hex_number(places.nvs) << ' ' << path(nvs_file(first)) << '\n';
}

Outcome<void> run(FactoryOptions& options, Shell& shell) {
    auto& kind = options.order.batch.kind;
    for (const auto one : {NvsEncryption::flash, NvsEncryption::hmac}) {
        if (options.encryption == word_of(one)) kind.encryption = one;
    }
    const auto places = find_places(options.partitions, kind.encryption);
    if (!places) return std::unexpected(places.error());
    if (auto done = complete(options, *places, shell); !done) return done;
    ProgressLine progress(shell);
    vchip::HostEntropy entropy;
    const auto made =
        run_factory(options.order, entropy, [&](std::size_t done, std::size_t of) { progress.show(done, of); });
    progress.end();
    if (!made) return std::unexpected(made.error());
    if (options.json) {
        print_json(*made, options, *places, shell);
    } else {
        print(*made, options, *places, shell);
    }
    return {};
}

}  // namespace

void add_factory_command(CLI::App& app, Shell& shell) {
    const auto options = std::make_shared<FactoryOptions>();
    auto& order = options->order;
    order.batch.name = "1";
    auto* sub = app.add_subcommand("factory", "Secrets, NVS images, labels and accounts for many devices");
    sub->add_option("--out", order.folder, "Folder of this line: its ledger, a folder for each batch")
        ->required()
        ->type_name("DIR");
    sub->add_option("--batch", order.batch.name, "Its name; the same again goes on with it, or changes nothing")
        ->capture_default_str();
    auto* count = sub->add_option("--count", order.count, "Devices of the batch, called PREFIX-000001 and so on")
                      ->check(CLI::Range(1, 999'999));
    auto* prefix = sub->add_option("--prefix", order.batch.prefix,
                                   "What their identities begin with; needs a firmware with ESB_GIVEN_IDENTITY");
    auto* file =
        sub->add_option("--macs", options->mac_file, "File of the chips' MACs, one a line, instead; -: standard input")
            ->type_name("FILE");
    auto* mac = sub->add_option("--mac", options->macs, "MAC of a chip; several may be given");
    count->needs(prefix)->excludes(file)->excludes(mac);
    prefix->needs(count);
    sub->add_option("--encrypt", options->encryption,
                    "Encrypt NVS: keys in a partition (flash) or made of a key in an eFuse (hmac)")
        ->check(CLI::IsMember({"flash", "hmac"}));
    sub->add_flag("--lock", order.batch.kind.lock, "Give each a password of its own at its console");
    sub->add_option("--set", options->settings,
                    "NAME=VALUE, a setting of all of them; NAME=- reads it from standard input")
        ->type_name("NAME=VALUE");
    sub->add_option("--csv", order.csv, "The accounts' file (default: accounts.csv of the batch)")->type_name("FILE");
    sub->add_option("--partitions", options->partitions, "Their partition table (default: partitions/esb-4mb.csv)")
        ->type_name("FILE");
    sub->add_flag("--json", options->json, "Print JSON");
    sub->callback([options, &shell, count, file, mac] {
        if (count->empty() && file->empty() && mac->empty())
            throw CLI::RequiredError("--count with --prefix, --macs or --mac");
        shell.finish(run(*options, shell));
    });
}

}  // namespace esb::cli
