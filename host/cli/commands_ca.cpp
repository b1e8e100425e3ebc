// esb ca init | issue | renew | revoke | list | invite
#include "host/cli/authority.hpp"
#include "host/cli/broker_tls.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/der.hpp"
#include "host/cli/enrollment.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/tool_account.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <ctime>
#include <iterator>
#include <memory>

namespace esb::cli {
namespace {

struct CaOptions {
    std::string folder;
    std::string name;
    std::vector<std::string> names;
    std::vector<std::string> addresses;
    std::string request;
    std::string out;
    std::string which;
    unsigned days = 0;  // 0: as the kind has it
    unsigned hours = invitation_hours;
    bool reader = false;
    bool json = false;
};

std::string date(Seconds seconds) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 16> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts)};
}

void tell(const CertificateFacts& certificate, const CaOptions& options, Shell& shell) {
    if (options.json) {
        shell.out << json_text([&](JsonWriter& json) {
            json.begin_object().key("serial").text(serial_text(certificate.serial)).key("subject");
            json.text(certificate.subject).key("not_after").number(certificate.not_after);
            json.key("file").text(options.out).end_object();
        }) << '\n';
        return;
    }
    // The certificate itself may go to standard output.
    auto& out = options.out.empty() ? shell.err : shell.out;
    out << certificate.subject << ", serial " << serial_text(certificate.serial) << ", until "
        << date(certificate.not_after) << '\n';
}

Outcome<void> init(const CaOptions& options, Shell& shell) {
    const auto made =
        Authority::create(options.folder, options.name, options.days == 0 ? authority_days : options.days);
    if (!made) return std::unexpected(made.error());
    if (options.json) {
        tell(made->certificate(), options, shell);
        return {};
    }
    shell.out << "authority " << made->certificate().subject << " in " << made->path().string() << "/, until "
              << date(made->certificate().not_after) << '\n'
              << "devices and services trust " << (made->path() / "ca.crt").string()
              << "; ca.key is the secret: whoever has it is every device and every broker\n";
    return {};
}

// With a key of its own: PREFIX.key and PREFIX.crt.
Outcome<void> issue_with_key(Order order, const CaOptions& options, Shell& shell) {
    if (options.days != 0) order.days = options.days;
    if (auto good = check_order(order); !good) return good;
    const auto authority = Authority::open(options.folder);
    if (!authority) return std::unexpected(authority.error());
    const auto key_file = options.out + ".key";
    const auto certificate_file = options.out + ".crt";
    std::error_code error;
    for (const auto& path : {key_file, certificate_file}) {
        if (std::filesystem::exists(path, error)) return failure(path + " exists already; nothing is overwritten");
    }
    auto work = authority->begin();
    if (!work) return std::unexpected(work.error());
    const auto key = make_key(key_file);
    if (!key) return std::unexpected(key.error());
    order.key = key->public_key();
    const auto certificate = work->issue(order);
    const auto done = certificate ? create_file(certificate_file, der::pem("CERTIFICATE", certificate->der), 0644)
                                  : std::unexpected(certificate.error());
    if (!done) {
        std::filesystem::remove(key_file, error);  // nobody has it yet, and it would stop the next try
        return done;
    }
    tell(*certificate, options, shell);
    if (!options.json) shell.out << "in " << key_file << " and " << certificate_file << '\n';
    return {};
}

Outcome<void> issue_server(const CaOptions& options, Shell& shell) {
    Order order{CertificateKind::server, {}, {}, options.names, server_days};
    order.hosts.insert(order.hosts.end(), options.addresses.begin(), options.addresses.end());
    if (!order.hosts.empty()) order.subject = order.hosts.front();
    return issue_with_key(std::move(order), options, shell);
}

Outcome<void> issue_operator(const CaOptions& options, Shell& shell) {
    const auto& account = options.reader ? reader_account : operator_account;
    return issue_with_key({CertificateKind::operator_, std::string(account.name), {}}, options, shell);
}

Outcome<std::string> request_text(const std::string& file, Shell& shell) {
    if (file != "-") return read_text(file, request_max);
    std::string text;
    for (char c; text.size() <= request_max && shell.in.get(c);) text += c;
    return text;
}

// To the file, or to standard output.
Outcome<void> hand_out(const CertificateFacts& certificate, const CaOptions& options, Shell& shell) {
    const auto pem = der::pem("CERTIFICATE", certificate.der);
    if (options.out.empty()) {
        if (!options.json) shell.out << SafeText::drawing(pem);
    } else if (auto done = replace_file(options.out, pem, 0644); !done) {
        return done;
    }
    tell(certificate, options, shell);
    return {};
}

Outcome<void> issue_device(const CaOptions& options, Shell& shell) {
    const auto authority = Authority::open(options.folder);
    if (!authority) return std::unexpected(authority.error());
    const auto text = request_text(options.request, shell);
    if (!text) return std::unexpected(text.error());
    const auto request = read_request(*text);
    if (!request) return std::unexpected(request.error());
    auto work = authority->begin();
    if (!work) return std::unexpected(work.error());
    Order order{CertificateKind::device, request->subject, request->key};
    if (options.days != 0) order.days = options.days;
    const auto certificate = work->issue(order);
    if (!certificate) return std::unexpected(certificate.error());
    return hand_out(*certificate, options, shell);
}

// A failure of what stays done but is not in force everywhere; for the command's end.
Outcome<void> tell(const std::vector<std::string>& untold, Shell& shell) {
    for (const auto& line : untold) shell.err << "esb: a broker was not told: " << line << '\n';
    return untold.empty() ? Outcome<void>() : failure("it is done, but not every broker knows of it");
}

Outcome<void> renew(const CaOptions& options, Shell& shell) {
    const auto authority = Authority::open(options.folder);
    if (!authority) return std::unexpected(authority.error());
    auto work = authority->begin();
    if (!work) return std::unexpected(work.error());
    const auto good = work->index().good(options.which);
    const bool server = !good.empty() && good.back()->kind == CertificateKind::server;
    const auto days = options.days != 0 ? options.days : server ? server_days : client_days;
    const auto certificate = work->renew(options.which, days);
    if (!certificate) return std::unexpected(certificate.error());
    const auto told = tell(tell_brokers(*authority, &*certificate), shell);
    if (auto done = hand_out(*certificate, options, shell); !done) return done;
    return told;
}

Outcome<void> revoke(const CaOptions& options, Shell& shell) {
    const auto authority = Authority::open(options.folder);
    if (!authority) return std::unexpected(authority.error());
    auto work = authority->begin();
    if (!work) return std::unexpected(work.error());
    const auto count = work->revoke(options.which);
    if (!count) return std::unexpected(count.error());
    const auto told = tell(tell_brokers(*authority), shell);
    if (options.json) {
        shell.out << json_text([&](JsonWriter& json) {
            json.begin_object().key("revoked").number(*count).end_object();
        }) << '\n';
        return told;
    }
    shell.out << "revoked " << *count << " of " << options.which << "; the list is "
              << authority->revocation_list().string() << '\n';
    return told;
}

std::string_view state_of(const Entry& entry, Seconds now) {
    if (entry.revoked) return "revoked";
    return now <= entry.not_after ? "good" : "expired";
}

Outcome<void> list(const CaOptions& options, Shell& shell) {
    const auto authority = Authority::open(options.folder);
    if (!authority) return std::unexpected(authority.error());
    const auto index = authority->index();
    if (!index) return std::unexpected(index.error());
    if (options.json) {
        shell.out << json_text([&](JsonWriter& json) {
            json.begin_array();
            for (const auto& entry : index->all()) {
                json.begin_object().key("serial").text(serial_text(entry.serial)).key("state");
                json.text(state_of(entry, authority->now())).key("kind").text(kind_word(entry.kind)).key("subject");
                json.text(entry.subject).key("not_after").number(entry.not_after).end_object();
            }
            json.end_array();
        }) << '\n';
        return {};
    }
    for (const auto& entry : index->all()) {
        shell.out << serial_text(entry.serial) << "  " << state_of(entry, authority->now()) << "  until "
                  << date(entry.not_after) << "  " << kind_word(entry.kind) << "  " << entry.subject;
        for (const auto& host : entry.hosts) shell.out << "  " << host;
        shell.out << '\n';
    }
    return {};
}

Outcome<void> make_invitation(const CaOptions& options, Shell& shell) {
    const auto authority = Authority::open(options.folder);
    if (!authority) return std::unexpected(authority.error());
    const auto secret = invite(*authority, options.name, options.hours);
    if (!secret) return std::unexpected(secret.error());
    shell.out << *secret << '\n';
    shell.err << "for one key of " << options.name << ", " << options.hours << " hours\n";
    return {};
}

using CaAction = Outcome<void> (*)(const CaOptions&, Shell&);

CLI::App* add(CLI::App& family, const char* name, const char* help, CaAction run, const std::shared_ptr<CaOptions>& options,
              Shell& shell) {
    auto* sub = family.add_subcommand(name, help);
    sub->add_option("DIR", options->folder, "The authority's folder")->required();
    sub->callback([options, &shell, run] { shell.finish(run(*options, shell)); });
    return sub;
}

void add_json(CLI::App& sub, CaOptions& options) { sub.add_flag("--json", options.json, "Print JSON"); }

void add_days(CLI::App& sub, CaOptions& options, const char* help) {
    sub.add_option("--days", options.days, help)->check(CLI::Range(1U, max_days))->type_name("N");
}

void add_issue(CLI::App& family, const std::shared_ptr<CaOptions>& options, Shell& shell) {
    auto* issue = family.add_subcommand("issue", "Sign a certificate");
    issue->require_subcommand(1);
    auto* sub =
        add(*issue, "server", "A broker's or web server's: PREFIX.key and PREFIX.crt", issue_server, options, shell);
    sub->add_option("--name", options->names, "Host name; several may be given");
    sub->add_option("--ip", options->addresses, "IP address; several may be given");
    sub->add_option("--out", options->out, "Where the two files go")->required()->type_name("PREFIX");
    add_days(*sub, *options, "How long it is valid (default: 730)");
    add_json(*sub, *options);

    sub = add(*issue, "operator", "The tool's own: PREFIX.key and PREFIX.crt", issue_operator, options, shell);
    sub->add_option("--out", options->out, "Where the two files go")->required()->type_name("PREFIX");
    sub->add_flag("--reader", options->reader, "For a service that reads only");
    add_days(*sub, *options, "How long it is valid (default: 365)");
    add_json(*sub, *options);

    sub = add(*issue, "device", "A device's, for the request that its console prints", issue_device, options, shell);
    sub->add_option("CSR", options->request, "Its certificate request, or - for standard input")->required();
    sub->add_option("-o,--out", options->out, "Where the certificate goes (default: standard output)")
        ->type_name("FILE");
    add_days(*sub, *options, "How long it is valid (default: 365)");
    add_json(*sub, *options);
}

}  // namespace

void add_ca_commands(CLI::App& app, Shell& shell) {
    auto* family = app.add_subcommand("ca", "An authority of your own: certificates for brokers, devices, operators");
    family->require_subcommand(1);
    const auto options = std::make_shared<CaOptions>();

    auto* sub = add(*family, "init", "Make the folder, its key and its certificate", init, options, shell);
    sub->add_option("--name", options->name, "The authority's common name (default: one that nobody else has)");
    add_days(*sub, *options, "How long it is valid (default: 7300)");
    add_json(*sub, *options);

    add_issue(*family, options, shell);

    sub = add(*family, "renew", "Sign the latest certificate of a name again, for the same key", renew, options, shell);
    sub->add_option("WHICH", options->which, "Serial number or subject")->required();
    sub->add_option("-o,--out", options->out, "Where the certificate goes (default: standard output)")
        ->type_name("FILE");
    add_days(*sub, *options, "How long it is valid (default: as its kind has it)");
    add_json(*sub, *options);

    sub = add(*family, "revoke", "Revoke a certificate, or all of a subject, and make the list anew", revoke, options,
              shell);
    sub->add_option("WHICH", options->which, "Serial number or subject")->required();
    add_json(*sub, *options);

    sub = add(*family, "list", "Show what was signed", list, options, shell);
    add_json(*sub, *options);

    sub = add(*family, "invite", "Make a one-time secret for a device's first certificate (esb ca serve)",
              make_invitation, options, shell);
    sub->add_option("IDENT", options->name, "Identity of the device")->required();
    sub->add_option("--hours", options->hours, "How long it counts")->check(CLI::Range(1, 8760))->capture_default_str();

    add_ca_serve_command(*family, shell);
}

}  // namespace esb::cli
