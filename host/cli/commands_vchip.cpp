// esb vchip run | flash | nvs | erase | info
#include "host/cli/commands.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/nvs_import.hpp"
#include "host/cli/slot_info.hpp"
#include "host/cli/watch_session.hpp"
#include "host/vchip/board_file.hpp"
#include "host/vchip/firmware_process.hpp"
#include "host/vchip/process.hpp"
#include "host/vchip/process_flash.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace esb::cli {
namespace {

struct VchipOptions {
    vchip::VchipOptions chip;
    std::string mac;
    std::vector<std::string> ports;
    std::vector<std::string> faults;
    std::string cut;
    std::string image;
    std::string slot = "a";
    NvsImport nvs;
    std::string trace;
    WatchOptions watch;
    bool json = false;
};

Outcome<void> power_on(VchipOptions& options, Shell& shell) {
    auto& watch = options.watch;
    const bool watched = watch.trace || watch.page || !watch.json.empty();
    const auto status = watched ? run_watched(options.chip, watch, shell) : Outcome<int>(vchip::run_vchip(options.chip));
    if (!status) return std::unexpected(status.error());
    shell.status = *status == 0 ? exit_ok : exit_failed;
    return {};
}

Outcome<void> flash(VchipOptions& options, Shell& shell) {
    const auto slot = options.slot == "b" ? chip::SlotId::b : chip::SlotId::a;
    const auto& chip = options.chip;
    const auto done = vchip::flash_image(chip.flash, chip.partitions, options.image, slot, chip.flash_size);
    if (!done) return failure(options.image, done.error());
    shell.out << options.image << " is in slot " << options.slot << " of " << chip.flash << '\n';
    return {};
}

Outcome<void> take_nvs(VchipOptions& options, Shell& shell) {
    const auto& chip = options.chip;
    const auto count = import_nvs(options.nvs, chip.flash, chip.partitions, chip.flash_size);
    if (!count) return std::unexpected(count.error());
    shell.out << *count << " values of " << options.nvs.image << " are in " << chip.flash << '\n';
    return {};
}

Outcome<void> erase(VchipOptions& options, Shell& shell) {
    if (auto done = erase_flash(options.chip.flash); !done) return done;
    shell.out << options.chip.flash << " is erased\n";
    return {};
}

Outcome<void> info(VchipOptions& options, Shell& shell) {
    const auto slots = read_slots(options.chip.flash, options.chip.partitions);
    if (!slots) return std::unexpected(slots.error());
    if (options.json) {
        shell.out << json_text([&](JsonWriter& json) {
            json.begin_array();
            for (const auto& slot : *slots) {
                json.begin_object().key("slot").text(std::string_view(&slot.slot, 1));
                json.key("offset").number(static_cast<std::int64_t>(slot.offset));
                if (slot.image) {
                    json.key("app").text(slot.image->app).key("ver").text(slot.image->ver);
                    json.key("seq").number(slot.image->seq).key("size").number(slot.image->size);
                    json.key("sha256").text(hex_text(slot.image->sha256));
                }
                json.end_object();
            }
            json.end_array();
        }) << '\n';
        return {};
    }
    for (const auto& slot : *slots) {
        shell.out << "slot " << slot.slot << "  ";
        if (slot.image) {
            shell.out << slot.image->app << ' ' << slot.image->ver << " (seq " << slot.image->seq << "), "
                      << slot.image->size << " bytes, sha256 " << hex_text(slot.image->sha256) << '\n';
        } else {
            shell.out << "no complete image\n";
        }
    }
    return {};
}

std::string take_mac(VchipOptions& options) {
    const auto mac = vchip::parse_mac(options.mac);
    if (!mac) return "'" + options.mac + "' is not a MAC address";
    options.chip.mac = *mac;
    return {};
}

std::string take_trace(VchipOptions& options) {
    auto filter = TraceFilter::parse(options.trace);
    if (!filter) return filter.error().line;
    options.watch.trace = std::move(*filter);
    return {};
}

std::string take_ports(VchipOptions& options) {
    std::string joined;
    for (const auto& port : options.ports) joined += (joined.empty() ? "" : ",") + port;
    auto ports = vchip::parse_ports(joined);
    if (!ports) return "a port mapping is CHIP:HOST, such as 80:8080";
    options.chip.ports = std::move(*ports);
    return {};
}

std::string take_faults(VchipOptions& options) {
    std::string joined = options.cut.empty() ? "" : "cut=" + options.cut;
    for (const auto& operation : options.faults) joined += (joined.empty() ? "fail=" : ",fail=") + operation;
    auto plan = vchip::parse_fault_plan(joined);
    if (!plan) return std::string(plan.error().text());
    options.chip.faults = std::move(*plan);
    return {};
}

void add_run_options(CLI::App& sub, const std::shared_ptr<VchipOptions>& options) {
    auto& chip = options->chip;
    sub.add_option("--radio", chip.radio, "JSON file of the networks in the air; watched while the chip runs");
    sub.add_flag("--wired", chip.wired, "With an Ethernet socket and a cable in it; \"cable\" of the radio file unplugs it");
    auto* mac = sub.add_option("--mac", options->mac, "Station MAC, such as 02:45:53:42:00:01");
    auto* ports =
        sub.add_option("--port", options->ports, "CHIP:HOST, where a port of the access point is on 127.0.0.1");
    auto* cut =
        sub.add_option("--cut", options->cut,
                       "Cut the power at a flash operation: N:KIND[:SEED]; kinds: before after prefix random_bits "
                       "half_done unstable");
    auto* fail = sub.add_option("--fail", options->faults, "Let flash operation N fail");
    sub.add_option("--operations", chip.operations, "File that counts flash operations, over all power-ons");
    sub.add_option("--pins", chip.pins, "UNIX socket of what plays the world at the pins");
    auto* trace = sub.add_option("--trace", options->trace,
                                 "Tell on standard error what happens: all of it, or AREA,... alone, or all but -AREA,...; "
                                 "areas: " + std::string(trace_areas))
                      ->type_name("[AREA,...]")
                      ->expected(0, 1);
    sub.add_option("--trace-json", options->watch.json, "Append all of it to a file, a JSON object a line")->type_name("FILE");
    sub.add_flag("--ui", options->watch.page, "Serve a page of the chip on loopback, and tell its address");
    sub.add_option("--max-boots", chip.max_boots, "Stop after so many boots")->capture_default_str();
    sub.parse_complete_callback([=] {
        for (const auto& problem :
             {trace->count() > 0 ? take_trace(*options) : "", mac->count() > 0 ? take_mac(*options) : "", ports->count() > 0 ? take_ports(*options) : "",
              cut->count() + fail->count() > 0 ? take_faults(*options) : ""}) {
            if (!problem.empty()) throw CLI::ValidationError(problem);
        }
    });
}

}  // namespace

void add_vchip_commands(CLI::App& app, Shell& shell) {
    auto* family = app.add_subcommand("vchip", "The virtual chip: the same firmware as a process of this machine");
    family->require_subcommand(1);
    const auto options = std::make_shared<VchipOptions>();
    const auto command = [&, options](const char* name, const char* help, auto run_it) {
        auto* sub = family->add_subcommand(name, help);
        sub->add_option("--flash", options->chip.flash, "The flash file")->required();
        sub->add_option("--partitions", options->chip.partitions, "Layout, as ESP-IDF's partitions.csv");
        sub->callback([options, &shell, run_it] { shell.finish(run_it(*options, shell)); });
        return sub;
    };
    const auto add_size = [&](CLI::App& sub) {
        sub.add_option("--flash-size", options->chip.flash_size, "Bytes of a new flash file")
            ->transform(CLI::AsSizeValue(false))
            ->capture_default_str();
    };
    auto* sub = command("run", "Switch it on; the serial port is this terminal", power_on);
    add_run_options(*sub, options);
    add_size(*sub);

    sub = command("flash", "Put an image into a slot, as a flashing tool does over the serial port", flash);
    sub->add_option("--image", options->image, "The image")->required();
    sub->add_option("--slot", options->slot, "a or b")->check(CLI::IsMember({"a", "b"}))->capture_default_str();
    add_size(*sub);

    sub = command("nvs", "Put an image of the NVS partition into it, such as esb factory makes", take_nvs);
    sub->add_option("--image", options->nvs.image, "The image")->required();
    auto* keys =
        sub->add_option("--keys", options->nvs.keys, "Image of the partition nvs_keys that it is encrypted with");
    sub->add_option("--hmac-key", options->nvs.hmac_key, "Or the key in the eFuse")->excludes(keys);
    add_size(*sub);

    command("erase", "Erase the whole flash: the chip knows nothing again", erase);
    sub = command("info", "Show what is in the slots", info);
    sub->add_flag("--json", options->json, "Print JSON");
}

}  // namespace esb::cli
