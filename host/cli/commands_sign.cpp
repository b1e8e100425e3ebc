// esb sign, esb sign command, esb sign keys
#include "host/cli/commands.hpp"
#include "host/cli/files.hpp"
#include "host/cli/image_encryption.hpp"
#include "host/cli/image_forms.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/jws.hpp"
#include "host/cli/machine_clock.hpp"
#include "host/cli/outputs.hpp"
#include "host/cli/payloads.hpp"
#include "host/cli/public_keys.hpp"
#include "host/cli/signing_key.hpp"

#include "esb/base/encoding.hpp"
#include "esb/ota/envelope.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <memory>

namespace esb::cli {
namespace {

struct SignOptions {
    std::string key;
    std::string output;    // empty: standard output
    std::string detached;  // where the payload goes; empty: it stays in the envelope
    bool json = false;
    std::vector<std::string> devices;

    std::string image;
    std::vector<std::string> urls;
    std::uint32_t floor = 0;
    std::string expires;
    std::string bundle;     // empty: none
    std::string encrypted;  // where the encrypted image goes; empty: it is not encrypted
    std::vector<std::string> recipients;
    bool broker_trusted = false;
    bool compressed = false;              // a compressed file, too
    std::vector<std::string> old_images;  // files with the difference from these, too
    std::vector<std::string> data;        // "www=FILE"

    std::string command;
    std::uint32_t counter = 0;

    std::uint32_t version = 0;
    std::vector<std::string> keys;
};

// A file that goes beside the envelope, and what is said of it.
struct FileBeside {
    std::string path;
    const std::string* bytes;
    SafeText about;
};

// What "+30d" counts from. Who says SOURCE_DATE_EPOCH gets the same bytes each time.
Outcome<std::int64_t> time_of_signing() {
    const char* const said = std::getenv("SOURCE_DATE_EPOCH");
    if (said == nullptr || *said == '\0') {
        const std::int64_t now = std::time(nullptr);
        const auto good = check_clock(now);
        return good ? Outcome<std::int64_t>(now) : std::unexpected(good.error());
    }
    const auto seconds = parse_unsigned(said, 0, 1ULL << 40);
    if (!seconds) return failure("SOURCE_DATE_EPOCH is '" + std::string(said) + "', not seconds since 1970");
    return static_cast<std::int64_t>(*seconds);
}

// The envelope, and right behind it the image of which it speaks: what the set-up page takes.
Outcome<void> write_bundle(const SignOptions& options, Shell& shell, const std::string& envelope,
                           const std::string& image) {
    if (auto done = replace_file(options.bundle, envelope + '\n' + image, 0644); !done) return done;
    if (!options.json) shell.out << options.bundle << ": for the upload on a device's set-up page\n";
    return {};
}

std::string file_of_data(const std::string& text) { return text.substr(text.find('=') + 1); }

// Nothing that is read is written over, and no two things go into one file.
Outcome<void> check_files(const SignOptions& options, const std::vector<FileBeside>& beside) {
    std::vector<std::filesystem::path> inputs{options.key};
    std::vector<std::filesystem::path> outputs;
    for (const auto* const names : {&options.old_images, &options.keys})
        inputs.insert(inputs.end(), names->begin(), names->end());
    if (!options.image.empty()) inputs.emplace_back(options.image);
    for (const auto& file : beside) outputs.emplace_back(file.path);
    for (const auto& text : options.data) {
        // Data that is not encrypted may lie at its place already.
        const auto file = file_of_data(text);
        const auto stays = options.image + PartFile::suffix_of(text.substr(0, text.find('=')));
        if (options.encrypted.empty() && !check_outputs({file}, {stays})) continue;
        inputs.emplace_back(file);
    }
    for (const auto* const name : {&options.detached, &options.bundle, &options.output}) {
        if (!name->empty()) outputs.emplace_back(*name);
    }
    return check_outputs(inputs, outputs);
}

Outcome<void> write_beside(const SignOptions& options, Shell& shell, const std::vector<FileBeside>& beside) {
    for (const auto& file : beside) {
        if (auto done = replace_file(file.path, *file.bytes, 0644); !done) return done;
        if (!options.json) shell.out << file.about;
    }
    return {};
}

// `image`: of an update. Nothing is written before all is known to be right; the envelope, which speaks of the other
// files, comes last.
Outcome<void> sign(const SignOptions& options, Shell& shell, std::string_view type, const std::string& payload,
                   const std::string& image = {}, const std::vector<FileBeside>& beside = {}) {
    const auto key = SigningKey::load_pem(options.key);
    if (!key) return failure(options.key, key.error());
    const std::string envelope = sign_envelope(*key, type, payload);
    if (envelope.empty()) return failure("the envelope could not be signed", Error(errors::key_failed));
    if (envelope.size() > ota::envelope_max) {
        return failure("the envelope is " + std::to_string(envelope.size()) + " bytes long, devices accept " +
                       std::to_string(ota::envelope_max) + ": name fewer devices, URLs or old images");
    }
    const auto id = envelope_id(envelope);
    if (!id) return std::unexpected(id.error());
    if (auto good = check_files(options, beside); !good) return good;
    if (auto done = write_beside(options, shell, beside); !done) return done;
    if (!options.detached.empty()) {
        if (auto done = replace_file(options.detached, payload, 0644); !done) return done;
    }
    const std::string signature = options.detached.empty() ? envelope : detach_payload(envelope);
    if (options.json) {
        shell.out << json_text([&](JsonWriter& json) {
            json.begin_object().key("id").text(*id).key("kid").text(key->kid()).key("typ").text(type);
            json.key("payload").text(payload).key("envelope").text(signature).end_object();
        }) << '\n';
    }
    if (!options.bundle.empty()) {
        if (auto done = write_bundle(options, shell, envelope, image); !done) return done;
    }
    if (options.output.empty()) {
        if (!options.json && options.bundle.empty()) shell.out << signature << '\n';
        return {};
    }
    if (auto done = replace_file(options.output, signature + '\n', 0644); !done) return done;
    if (!options.json)
        shell.out << options.output << ": " << type << ' ' << *id << ", signed by " << key->kid() << '\n';
    return {};
}

// `file`: what devices get, encrypted or not.
Outcome<void> sign_image(const SignOptions& options, Shell& shell, const UpdateRequest& request,
                         const std::string& file, const std::vector<FileBeside>& beside) {
    const auto payload = update_payload(request);
    if (!payload) return std::unexpected(payload.error());
    return sign(options, shell, "esb-update", *payload, file, beside);
}

Outcome<std::vector<Recipient>> read_recipients(const SignOptions& options) {
    std::vector<Recipient> recipients;
    for (const auto& text : options.recipients) {
        auto one = parse_recipient(text);
        if (!one) return std::unexpected(one.error());
        const auto same = [&](const Recipient& other) { return other.identity == one->identity; };
        if (std::any_of(recipients.begin(), recipients.end(), same)) {
            return failure("'" + one->identity + "' is there twice");
        }
        recipients.push_back(std::move(*one));
    }
    if (recipients.empty() == options.broker_trusted) return recipients;
    return failure(options.broker_trusted ? "--for and --broker-trusted exclude each other"
                                          : "whom is the image for? --for IDENTITY=x.y, or --broker-trusted");
}

// Each form and each file of data beside `path`, the image's own place at the web server.
std::vector<FileBeside> files_beside(const UpdateRequest& request, const std::string& path,
                                     const EncryptedImage* encrypted) {
    std::vector<FileBeside> files;
    for (std::size_t i = 0; i < request.forms.size(); ++i) {
        const auto& form = request.forms[i];
        FileBeside file{path + form.suffix(), encrypted == nullptr ? &form.file.bytes : &encrypted->forms[i], {}};
        file.about << file.path << ": " << file.bytes->size() << " bytes, "
                   << (file.bytes->size() * 100 + request.image.size / 2) / request.image.size << " % of the image's "
                   << request.image.size << '\n';
        files.push_back(std::move(file));
    }
    for (std::size_t i = 0; i < request.data.size(); ++i) {
        const auto& data = request.data[i];
        const auto* const bytes = encrypted == nullptr ? &data.bytes : &encrypted->forms[request.forms.size() + i];
        FileBeside file{path + data.suffix(), bytes, {}};
        file.about << file.path << ": " << file.bytes->size() << " bytes for " << data.part << '\n';
        files.push_back(std::move(file));
    }
    return files;
}

// The image's key goes into the request; whom it is wrapped for is whom the update is for.
Outcome<EncryptedImage> encrypt(const SignOptions& options, const std::string& bytes, UpdateRequest& request) {
    const auto recipients = read_recipients(options);
    if (!recipients) return std::unexpected(recipients.error());
    std::vector<PackedFile> forms;
    for (const auto& form : request.forms) forms.push_back(form.file);
    for (const auto& file : request.data) forms.push_back({file.key_name(), file.bytes});
    auto encrypted = encrypt_image(request.image, bytes, *recipients, forms);
    if (!encrypted) return std::unexpected(encrypted.error());
    request.encryption = std::move(encrypted->encryption);
    if (request.devices.empty()) {
        for (const auto& recipient : *recipients) request.devices.push_back(recipient.identity);
    }
    return encrypted;
}

Outcome<void> sign_update(const SignOptions& options, Shell& shell) {
    UpdateRequest request;
    const auto bytes = read_image_file(options.image);
    if (!bytes) return std::unexpected(bytes.error());
    auto image = inspect_image(*bytes);
    if (!image) return failure(options.image + ": " + image.error().line);
    request.image = std::move(*image);
    request.urls = options.urls;
    request.floor = options.floor;
    request.devices = options.devices;
    if (!options.expires.empty()) {
        const auto now = time_of_signing();
        if (!now) return std::unexpected(now.error());
        const auto expiry = parse_expiry(options.expires, *now);
        if (!expiry) return std::unexpected(expiry.error());
        request.expires = *expiry;
    }
    auto forms = make_forms(request.image, *bytes, options.compressed, options.old_images);
    if (!forms) return std::unexpected(forms.error());
    request.forms = std::move(*forms);
    if (!options.data.empty() && !options.bundle.empty()) {
        return failure("an update with data comes by MQTT, not by an upload", Error(errors::ota_data_upload));
    }
    auto data = read_part_files(options.data);
    if (!data) return std::unexpected(data.error());
    request.data = std::move(*data);
    if (options.encrypted.empty()) {
        if (options.broker_trusted || !options.recipients.empty()) return failure("--for goes with --encrypt FILE");
        return sign_image(options, shell, request, *bytes, files_beside(request, options.image, nullptr));
    }
    const auto encrypted = encrypt(options, *bytes, request);
    if (!encrypted) return std::unexpected(encrypted.error());
    auto beside = files_beside(request, options.encrypted, &*encrypted);
    beside.insert(beside.begin(), {options.encrypted, &encrypted->file, {}});
    return sign_image(options, shell, request, encrypted->file, beside);
}

Outcome<void> sign_command(const SignOptions& options, Shell& shell) {
    const auto payload = command_payload({options.command, options.devices, options.counter});
    if (!payload) return std::unexpected(payload.error());
    return sign(options, shell, "esb-command", *payload);
}

Outcome<void> sign_keys(const SignOptions& options, Shell& shell) {
    const auto keys = public_keys(options.keys);
    if (!keys) return std::unexpected(keys.error());
    const auto payload = keys_payload(options.version, *keys);
    if (!payload) return std::unexpected(payload.error());
    return sign(options, shell, "esb-keys", *payload);
}

CLI::Option* add_detached(CLI::App& command, SignOptions& options) {
    return command.add_option(
        "--detached", options.detached,
        "Write the payload here, as it is; the output is its signature alone (RFC 7515, appendix F)");
}

void add_common(CLI::App& command, SignOptions& options) {
    command.add_option("--key", options.key, "PEM file of the signing key")->required();
    command.add_option("-o,--output", options.output, "Write the envelope here instead of to standard output");
    add_detached(command, options);
    command.add_flag("--json", options.json, "Print JSON: id, kid, typ, payload, envelope");
}

}  // namespace

void add_sign_commands(CLI::App& app, Shell& shell) {
    const auto options = std::make_shared<SignOptions>();
    auto* family = app.add_subcommand("sign", "Sign an update, a command or a key set");
    family->require_subcommand(0, 1);

    // `esb sign --key ... --image ...` is the update; its options are checked here, since the subcommands lack them.
    family->add_option("--key", options->key, "PEM file of the signing key");
    family->add_option("-o,--output", options->output, "Write the envelope here instead of to standard output");
    family->add_flag("--json", options->json, "Print JSON: id, kid, typ, payload, envelope");
    auto* image = family->add_option("--image", options->image, "Firmware image; it tells app, hw, ver and seq");
    family->add_option("--url", options->urls, "Where devices find the image, http or https; up to 4");
    family->add_option("--floor", options->floor, "Lowest seq to accept once this image is confirmed")
        ->capture_default_str();
    family->add_option("--dev", options->devices, "Only for these identities");
    family->add_option("--expires", options->expires, "+30d, +12h, 2027-01-31 or 2027-01-31T12:00:00Z");
    family->add_option("--encrypt", options->encrypted,
                       "Write the image here, encrypted; it is what the URLs are to serve");
    family->add_option("--for", options->recipients,
                       "IDENTITY=x.y: the image's key is wrapped for this device's `enc`");
    family->add_flag("--broker-trusted", options->broker_trusted,
                     "The image's key in the clear, for whoever can read the broker's messages");
    family->add_flag("--pack", options->compressed,
                     "The image compressed, too: IMAGE.z beside it, to be served beside it");
    family->add_option("--from", options->old_images,
                       "The difference from this older image, too: IMAGE.from-xxxxxxxx; up to 4");
    family->add_option("--data", options->data,
                       "PART=FILE: data for the partitions PART_0 and PART_1, too: IMAGE.data-PART; up to 2");
    family->add_option("--bundle", options->bundle, "Write envelope and image here, for the upload on the set-up page")
        ->excludes(add_detached(*family, *options));
    family->callback([family, image, options, &shell] {
        if (!family->get_subcommands().empty()) return;
        if (options->key.empty()) throw CLI::RequiredError("--key");
        if (image->count() == 0) throw CLI::RequiredError("--image");
        if (options->urls.empty()) throw CLI::RequiredError("--url");
        shell.finish(sign_update(*options, shell));
    });

    auto* sub = family->add_subcommand("command", "Sign a command for devices");
    add_common(*sub, *options);
    sub->add_option("--cmd", options->command, "What to do")
        ->required()
        ->check(CLI::IsMember({"rollback", "confirm", "cancel"}));
    sub->add_option("--dev", options->devices, "Identities it is for")->required();
    sub->add_option("--ctr", options->counter, "Counter; must be higher than that of the last command")->required();
    sub->callback([options, &shell] { shell.finish(sign_command(*options, shell)); });

    sub = family->add_subcommand("keys", "Sign the set of keys that devices are to trust from now on");
    add_common(*sub, *options);
    sub->add_option("--ver", options->version, "Version of the set, one higher than the present one")
        ->required()
        ->check(CLI::PositiveNumber);
    sub->add_option("--trust", options->keys, "Keys of the set: x.y texts, JWK or PEM files, up to 8")->required();
    sub->callback([options, &shell] { shell.finish(sign_keys(*options, shell)); });
}

}  // namespace esb::cli
