// esb enroll
#include "host/cli/authority.hpp"
#include "host/cli/broker_folder.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/der.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace esb::cli {
namespace {

struct EnrollOptions {
    std::string folder;
    std::string request = "-";
    std::string out;
    std::string broker;
    std::vector<std::string> topics;
    unsigned days = client_days;
};

// Up to the request's last line: whoever pastes it need not end their input.
Outcome<std::string> pasted(Shell& shell) {
    shell.err << "paste what `mqtt csr` prints on the device's console:\n";
    std::string text;
    for (std::string line; text.size() <= request_max && std::getline(shell.in, line);) {
        text += line + '\n';
        if (line.find("-----END") != std::string::npos) break;
    }
    return text;
}

Outcome<void> make_account(const EnrollOptions& options, const std::string& identity, Shell& shell) {
    auto folder = BrokerFolder::open(options.broker);
    if (!folder) return std::unexpected(folder.error());
    if (const auto known = folder->account(identity)) {
        return known->credential == Credential::certificate
                   ? Outcome<void>()
                   : failure(identity + " has an account of another kind: esb broker remove takes it away");
    }
    Account account{identity, {}, options.topics};
    account.credential = Credential::certificate;
    if (account.topics.empty()) account.topics.emplace_back(default_topics);
    const auto done = folder->add(std::move(account));
    if (!done) return std::unexpected(done.error());
    shell.err << identity << " has an account at the broker\n";
    return {};
}

Outcome<void> enroll(const EnrollOptions& options, Shell& shell) {
    const auto authority = Authority::open(options.folder);
    if (!authority) return std::unexpected(authority.error());
    const auto text = options.request == "-" ? pasted(shell) : read_text(options.request, request_max);
    if (!text) return std::unexpected(text.error());
    const auto request = read_request(*text);
    if (!request) return std::unexpected(request.error());
    const Order order{CertificateKind::device, request->subject, request->key, {}, options.days};
    if (auto good = check_order(order); !good) return good;
    // The account first: a device that has a certificate and is refused would take it off again.
    if (auto done = options.broker.empty() ? Outcome<void>() : make_account(options, order.subject, shell); !done)
        return done;
    auto work = authority->begin();
    if (!work) return std::unexpected(work.error());
    const auto certificate = work->issue(order);
    if (!certificate) return std::unexpected(certificate.error());
    const auto pem = der::pem("CERTIFICATE", certificate->der);
    if (!options.out.empty()) {
        if (auto done = replace_file(options.out, pem, 0644); !done) return done;
        shell.err << "for " << order.subject << ": esb config set " << order.subject
                  << " --file mqtt.0.cert=" << options.out << "\n";
        return {};
    }
    shell.err << "for " << order.subject << "'s console: `mqtt cert`, then these lines, then a line with a dot\n";
    shell.out << SafeText::drawing(pem);
    return {};
}

}  // namespace

void add_enroll_command(CLI::App& app, Shell& shell) {
    const auto options = std::make_shared<EnrollOptions>();
    auto* sub = app.add_subcommand("enroll", "Sign the certificate that a device asks for on its console");
    sub->add_option("DIR", options->folder, "The authority's folder (esb ca init)")->required();
    sub->add_option("CSR", options->request, "Its request, or - to paste it")->capture_default_str();
    sub->add_option("-o,--out", options->out, "Where the certificate goes (default: standard output)")
        ->type_name("FILE");
    sub->add_option("--account", options->broker, "Also give it an account in this folder of a broker")
        ->type_name("DIR");
    sub->add_option("--topics", options->topics, "With --account: as of esb broker add (default: app/#)");
    sub->add_option("--days", options->days, "How long it is valid")
        ->check(CLI::Range(1U, max_days))
        ->type_name("N")
        ->capture_default_str();
    sub->callback([options, &shell] { shell.finish(enroll(*options, shell)); });
}

}  // namespace esb::cli
