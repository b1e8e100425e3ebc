// esb verify
#include "host/cli/commands.hpp"
#include "host/cli/envelope_judge.hpp"
#include "host/cli/files.hpp"
#include "host/cli/image_forms.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/jws.hpp"
#include "host/cli/public_keys.hpp"
#include "host/cli/update_files.hpp"

#include "esb/base/json.hpp"
#include "esb/ota/envelope.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>
#include <memory>

namespace esb::cli {
namespace {

constexpr std::size_t bundle_max = 64 * 1024 * 1024;

struct VerifyOptions {
    std::string envelope;
    std::string payload;  // of a detached signature; empty: the file is the whole envelope
    std::vector<std::string> keys;
    std::vector<std::string> key_sets;
    std::string image;
    std::vector<std::string> old_images;
    std::string output;
    bool json = false;

    DeviceFacts device;
    std::string runs;
    std::uint32_t seq = 0;
    bool seq_is_said = false;
};

struct Given {
    std::string envelope;
    std::string image;  // of a bundle
};

// What has been found out, for people line by line, for programs as one object.
struct Report {
    std::string type;
    std::string id;
    std::string kid;
    std::string about;  // "greenhouse 1.4.0 (seq 42) for esp32c3, 812345 bytes"
    std::vector<std::string> devices;
    std::vector<CheckedFile> files;
    std::string verdict;  // what a device does with it
};

Outcome<Given> read_given(const VerifyOptions& options) {
    const auto text = read_file(options.envelope, bundle_max);
    if (!text) return std::unexpected(text.error());
    const auto end = std::min(text->find('\n'), text->size());
    Given given{text->substr(0, end), end < text->size() ? text->substr(end + 1) : std::string()};
    while (!given.envelope.empty() && given.envelope.back() == '\r') given.envelope.pop_back();
    if (options.payload.empty()) return given;
    const auto payload = read_file(options.payload, ota::envelope_max);
    if (!payload) return std::unexpected(payload.error());
    given.envelope = attach_payload(given.envelope, *payload);
    if (given.envelope.empty()) return failure(options.envelope + ": this is not a detached signature");
    return given;
}

Outcome<void> prepare(const VerifyOptions& options, EnvelopeJudge& judge) {
    const auto keys = public_keys(options.keys);
    if (!keys) return std::unexpected(keys.error());
    for (const auto& key : *keys) {
        if (auto done = judge.trust(key); !done) return done;
    }
    for (const auto& path : options.key_sets) {
        const auto envelope = read_bare_text(path, ota::envelope_max);
        if (!envelope) return std::unexpected(envelope.error());
        if (auto done = judge.adopt(*envelope); !done) return failure(path + ": " + done.error().line);
    }
    return {};
}

Outcome<DeviceFacts> device_facts(const VerifyOptions& options) {
    auto device = options.device;
    device.now = UnixTime(std::time(nullptr));
    if (options.seq_is_said) device.seq = options.seq;
    if (options.runs.empty()) return device;
    auto runs = inspect_image_file(options.runs);
    if (!runs) return std::unexpected(runs.error());
    device.runs = std::move(*runs);
    return device;
}

std::vector<std::string> devices_of(JsonValue payload) {
    std::vector<std::string> devices;
    if (!payload["dev"].is_array()) return devices;
    for (auto one = payload["dev"].first(); one.is_present(); one = one.next()) {
        devices.emplace_back(one.text().value_or(""));
    }
    return devices;
}

std::string date_text(UnixTime time) {
    const std::time_t seconds = time.count();
    std::tm parts{};
    std::array<char, 32> text{};
    ::gmtime_r(&seconds, &parts);
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string verdict_of(const ota::UpdateManifest& manifest, const DeviceFacts& device, const OfferedForms& forms) {
    const auto seq = device.runs ? std::optional(device.runs->seq) : device.seq;
    std::string text = "a device that runs " + std::string(manifest.app.view()) + ' ';
    text += seq ? "seq " + std::to_string(*seq) : "below seq " + std::to_string(*manifest.seq);
    text += " takes it";
    if (seq) text += ": it fetches " + will_fetch(forms, *seq, true);
    if (manifest.floor > 0)
        text += "; once confirmed, nothing below seq " + std::to_string(manifest.floor) + " comes back";
    if (manifest.expires) text += "; until " + date_text(*manifest.expires);
    return text;
}

Outcome<void> check_files(const VerifyOptions& options, const Given& given, const ota::UpdateManifest& manifest,
                          Report& report) {
    if (options.image.empty() && given.image.empty()) return {};
    UpdateFiles files(manifest);
    for (const auto& path : options.old_images) {
        auto old = read_image_file(path);
        if (!old) return std::unexpected(old.error());
        files.add_old(std::move(*old));
    }
    if (!given.image.empty()) {
        auto checked = files.check_image(options.envelope, given.image);
        if (!checked) return std::unexpected(checked.error());
        report.files.push_back(std::move(*checked));
    }
    if (options.image.empty()) return {};
    const auto image = read_image_file(options.image);
    if (!image) return std::unexpected(image.error());
    auto checked = files.check_image(options.image, *image);
    if (!checked) return std::unexpected(checked.error());
    report.files.push_back(std::move(*checked));
    auto forms = files.check_forms(options.image);
    if (!forms) return std::unexpected(forms.error());
    std::move(forms->begin(), forms->end(), std::back_inserter(report.files));
    auto data = files.check_data(options.image);
    if (!data) return std::unexpected(data.error());
    std::move(data->begin(), data->end(), std::back_inserter(report.files));
    return {};
}

Outcome<void> verify_update(const VerifyOptions& options, const Given& given, EnvelopeJudge& judge,
                            const ota::Envelope& envelope, Report& report) {
    const auto device = device_facts(options);
    if (!device) return std::unexpected(device.error());
    const auto offer = std::make_unique<ota::Offer>();
    const auto judged = judge.judge(envelope, *device, *offer);
    if (!judged) return failure(options.envelope, judged.error());
    const auto& manifest = offer->manifest;
    report.about = std::string(manifest.app.view()) + ' ' + std::string(manifest.ver.view()) + " (seq " +
                   std::to_string(*manifest.seq) + ") for " + std::string(manifest.hw.view()) + ", " +
                   std::to_string(*manifest.size) + " bytes" + (manifest.encryption ? ", encrypted" : "");
    for (const auto& data : manifest.data) {
        report.about += ", " + std::to_string(data.size) + " bytes of data for " + std::string(data.part.view());
    }
    report.verdict = verdict_of(manifest, *device, offered_forms(given.envelope).value_or(OfferedForms()));
    return check_files(options, given, manifest, report);
}

Outcome<void> verify_command(const VerifyOptions& options, const ota::Envelope& envelope, JsonValue payload, Report& report) {
    const auto us = make_identity(options.device.identity);
    const auto command = ota::parse_command(envelope.payload, us ? *us : Identity());
    if (!command) return failure(options.envelope, command.error());
    if (us && !command->audience.includes_us) return failure(options.envelope, Error(errors::ota_wrong_device));
    report.about = std::string(payload["cmd"].text().value_or("")) + ", counter " + std::to_string(command->counter);
    report.verdict = "a device whose last counter is lower obeys";
    return {};
}

Outcome<void> verify_config(const VerifyOptions& options, const ota::Envelope& envelope, JsonValue payload, Report& report) {
    const auto us = make_identity(options.device.identity);
    const auto config = ota::parse_config(envelope.payload, us ? *us : Identity());
    if (!config) return failure(options.envelope, config.error());
    if (us && !config->audience.includes_us) return failure(options.envelope, Error(errors::ota_wrong_device));
    for (auto one = payload["set"].first(); one.is_present(); one = one.next()) {
        report.about += (report.about.empty() ? "" : ", ") + std::string(one.name());
    }
    report.about += "; counter " + std::to_string(config->counter);
    report.verdict = "a device whose last counter is lower tries these settings";
    return {};
}

Outcome<void> verify_keys(const VerifyOptions& options, EnvelopeJudge& judge, const ota::Envelope& envelope, Report& report) {
    ota::KeySet set;
    auto read = ota::parse_keys(envelope.payload, set);
    if (read) read = judge.judge_keys(envelope);
    if (!read) return failure(options.envelope, read.error());
    report.about = "version " + std::to_string(set.version) + ':';
    for (const auto& key : set.keys) report.about += ' ' + std::string(key.kid.view());
    report.verdict =
        "a device with version " + std::to_string(set.version - 1) + " trusts these keys, and no others, from then on";
    return {};
}

void print(const Report& report, Printer& out) {
    out << report.type << ' ' << report.id << ", signed by " << report.kid << ": right\n" << report.about << '\n';
    for (std::size_t i = 0; i < report.devices.size(); ++i)
        out << (i == 0 ? std::string("for ") : ", ") << report.devices[i];
    if (!report.devices.empty()) out << " only\n";
    for (const auto& file : report.files) out << file.path << ": " << file.bytes << " bytes, " << file.found << '\n';
    out << report.verdict << '\n';
}

void print_json(const Report& report, Printer& out) {
    out << json_text([&](JsonWriter& json) {
        json.begin_object().key("typ").text(report.type).key("id").text(report.id).key("kid").text(report.kid);
        json.key("about").text(report.about).key("dev").begin_array();
        for (const auto& device : report.devices) json.text(device);
        json.end_array().key("files").begin_array();
        for (const auto& file : report.files) {
            json.begin_object().key("file").text(file.path).key("form").text(file.form);
            json.key("bytes").number(static_cast<std::int64_t>(file.bytes)).key("found").text(file.found).end_object();
        }
        json.end_array().key("verdict").text(report.verdict).end_object();
    }) << '\n';
}

Outcome<void> judge_payload(const VerifyOptions& options, const Given& given, EnvelopeJudge& judge,
                            const ota::Envelope& envelope, Report& report) {
    const auto document = JsonDocument::parse(envelope.payload, {.max_size = ota::envelope_max, .max_depth = 4});
    if (!document) return failure(options.envelope, document.error());
    report.devices = devices_of(document->root());
    switch (envelope.type) {
        case ota::EnvelopeType::update:
            report.type = "esb-update";
            return verify_update(options, given, judge, envelope, report);
        case ota::EnvelopeType::command:
            report.type = "esb-command";
            return verify_command(options, envelope, document->root(), report);
        case ota::EnvelopeType::config:
            report.type = "esb-config";
            return verify_config(options, envelope, document->root(), report);
        case ota::EnvelopeType::keys:
            report.type = "esb-keys";
            break;
    }
    return verify_keys(options, judge, envelope, report);
}

Outcome<void> verify(const VerifyOptions& options, Shell& shell) {
    const auto given = read_given(options);
    if (!given) return std::unexpected(given.error());
    EnvelopeJudge judge;
    if (auto done = prepare(options, judge); !done) return done;
    const auto envelope = judge.open(given->envelope);
    if (!envelope) return failure(options.envelope, envelope.error());
    Report report;
    report.id = hex_text(envelope->digest).substr(0, 16);
    report.kid = envelope->kid.view();
    if (auto done = judge_payload(options, *given, judge, *envelope, report); !done) return done;
    if (!options.output.empty()) {
        if (auto done = replace_file(options.output, given->envelope + '\n', 0644); !done) return done;
    }
    options.json ? print_json(report, shell.out) : print(report, shell.out);
    return {};
}

}  // namespace

void add_verify_command(CLI::App& app, Shell& shell) {
    const auto options = std::make_shared<VerifyOptions>();
    auto* sub = app.add_subcommand("verify", "Judge a signed envelope, and the files it speaks of, as a device would");
    sub->add_option("ENVELOPE", options->envelope, "Envelope, bundle, or with --payload a detached signature")
        ->required();
    sub->add_option("--trust", options->keys, "Keys that the firmware trusts: x.y texts, JWK or PEM files")->required();
    sub->add_option("--keys", options->key_sets, "Signed key sets that the device has taken since, in their order");
    sub->add_option("--payload", options->payload,
                    "What the detached signature is of, as esb sign --detached wrote it");
    sub->add_option("--image", options->image,
                    "The image, or what it was encrypted to; its smaller files lie beside it");
    sub->add_option("--from", options->old_images, "Older images that there are differences from");
    auto* runs = sub->add_option("--runs", options->runs, "The image that the device runs");
    auto* seq = sub->add_option("--seq", options->seq, "Or the seq of it")->excludes(runs);
    sub->add_option("--floor", options->device.floor, "The device's floor");
    sub->add_option("--dev", options->device.identity, "The device's identity")->check([](const std::string& text) {
        return make_identity(text) ? std::string() : "'" + text + "' is not an identity";
    });
    sub->add_option("--slot", options->device.slot, "Bytes that fit into the device's slot")->default_str("any");
    sub->add_option("-o,--output", options->output, "Write the whole envelope here, once it is found right");
    sub->add_flag("--json", options->json, "Print JSON: typ, id, kid, about, dev, files, verdict");
    sub->callback([options, seq, &shell] {
        options->seq_is_said = seq->count() > 0;
        shell.finish(verify(*options, shell));
    });
}

}  // namespace esb::cli
