// esb broker init | add | remove | list
#include "esb/base/file_text.hpp"
#include "host/cli/accounts_csv.hpp"
#include "host/cli/broker_folder.hpp"
#include "host/cli/child.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/files.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/password_hash.hpp"
#include "host/cli/secret_input.hpp"
#include "host/cli/tool_account.hpp"

#include <CLI/CLI.hpp>

#include <iterator>
#include <memory>

namespace esb::cli {
namespace {

struct BrokerCommandOptions {
    std::string folder;
    std::string identity;
    std::string psk;
    std::string csv;
    std::vector<std::string> topics;
    bool home_assistant = false;
    bool json = false;
    bool certificate = false;
    bool password = false;
    std::string tls = "psk";
    std::string clients = "certificate";
    BrokerOptions broker;
};

// Others find the folder by --broker-dir, so this is no reason to fail.
void remember(const std::filesystem::path& folder, std::uint16_t port, Shell& shell) {
    const auto done = remember_broker({"127.0.0.1", port}, folder);
    if (!done) shell.err << "esb: the folder has to be named with --broker-dir: " << done.error().line << '\n';
}

Outcome<void> init(BrokerCommandOptions& options, Shell& shell) {
    auto& tls = options.broker.tls;
    tls.keys = options.tls != "ca";
    tls.certificates = options.tls != "psk";
    tls.passwords = tls.certificates && options.clients == "password";
    const auto made = BrokerFolder::create(options.folder, options.broker);
    if (!made) return std::unexpected(made.error());
    remember(made->path(), options.broker.tools_port, shell);
    if (options.json) {
        shell.out << json_text([&](JsonWriter& json) {
            json.begin_object().key("config").text(made->config().string());
            json.key("port").number(options.broker.port).key("tools_port").number(options.broker.tools_port);
            if (tls.keys && tls.certificates) json.key("certificate_port").number(options.broker.certificate_port);
            if (options.broker.operator_port != 0) json.key("operator_port").number(options.broker.operator_port);
            json.end_object();
        }) << '\n';
        return {};
    }
    const auto& broker = options.broker;
    if (tls.keys) shell.out << "devices connect to " << broker.bind << ':' << broker.port << " (TLS-PSK)\n";
    if (tls.certificates) {
        shell.out << "devices with " << options.clients << "s connect to " << broker.bind << ':'
                  << (tls.keys ? broker.certificate_port : broker.port) << '\n';
    }
    if (broker.operator_port != 0)
        shell.out << "operators with certificates to " << broker.bind << ':' << broker.operator_port << '\n';
    // Debian has it where PATH does not look for everybody.
    const auto program = find_program("mosquitto", "ESB_MOSQUITTO");
    shell.out << "esb and services to " << broker.tools_bind << ':' << broker.tools_port << '\n'
              << "credentials: " << operator_account.name << " in " << (made->path() / operator_account.folder).string()
              << "/, " << reader_account.name << " (reads only) in " << (made->path() / reader_account.folder).string()
              << "/\n"
              << "start it with: " << (program.empty() ? std::string("mosquitto") : program.string()) << " -c "
              << made->config().string() << '\n';
    return {};
}

void report(const BrokerCommandOptions& options, Shell& shell, std::string_view what, Reload reload) {
    const bool reloaded = reload != Reload::not_running;
    if (reload == Reload::outdated) shell.err << "esb: the broker runs with an earlier mosquitto.conf: restart it\n";
    if (options.json) {
        shell.out << json_text([&](JsonWriter& json) {
            json.begin_object().key("ident").text(options.identity).key("change").text(what);
            json.key("reloaded").boolean(reloaded).end_object();
        }) << '\n';
        return;
    }
    shell.out << what << ' ' << options.identity << "; "
              << (reloaded ? "the broker has reloaded" : "the broker is not running, it will see this when it starts")
              << '\n';
}

// What the device comes with: its key, its certificate or its password.
Outcome<void> take_credential(const BrokerCommandOptions& options, Shell& shell, Account& account) {
    if (options.certificate) account.credential = Credential::certificate;
    if (options.password) {
        account.credential = Credential::password;
        const auto password = read_secret(shell, "password of " + options.identity);
        if (!password) return std::unexpected(password.error());
        auto hash = password_hash(*password);
        if (!hash) return std::unexpected(hash.error());
        account.password_hash = std::move(*hash);
    }
    if (account.psk == "-") {
        const auto line = read_secret_line(shell, "pre-shared key of " + options.identity);
        account.psk = std::string(bare_text(line.value_or(std::string())));
    }
    return {};
}

constexpr std::size_t csv_max = 64 * 1024 * 1024;

void report_csv(const BrokerCommandOptions& options, const BrokerFolder::Imported& done, Shell& shell) {
    if (done.reload == Reload::outdated)
        shell.err << "esb: the broker runs with an earlier mosquitto.conf: restart it\n";
    const bool reloaded = done.reload != Reload::not_running;
    if (options.json) {
        shell.out << json_text([&](JsonWriter& json) {
            json.begin_object().key("added").number(static_cast<std::int64_t>(done.added));
            json.key("known")
                .number(static_cast<std::int64_t>(done.known))
                .key("reloaded")
                .boolean(reloaded)
                .end_object();
        }) << '\n';
        return;
    }
    shell.out << "added " << done.added << ", " << done.known << " had the same account already; "
              << (reloaded ? "the broker has reloaded" : "the broker is not running, it will see this when it starts")
              << '\n';
}

Outcome<void> add_csv(const BrokerCommandOptions& options, Shell& shell) {
    auto folder = BrokerFolder::open(options.folder);
    if (!folder) return std::unexpected(folder.error());
    if (options.csv != "-") {
        if (auto good = check_private(options.csv); !good) return good;
    }
    auto text = options.csv == "-" ? Outcome<std::string>(std::string(std::istreambuf_iterator<char>(shell.in), {}))
                                   : read_text(options.csv, csv_max);
    if (!text) return std::unexpected(text.error());
    const auto devices = parse_accounts_csv(*text);
    if (!devices) return failure(options.csv + ": " + devices.error().line);
    auto topics = options.topics;
    if (topics.empty()) topics.emplace_back(default_topics);
    std::vector<Account> accounts;
    for (const auto& device : *devices)
        accounts.push_back({device.identity, device.psk, topics, options.home_assistant});
    const auto done = folder->import(std::move(accounts));
    if (!done) return std::unexpected(done.error());
    report_csv(options, *done, shell);
    return {};
}

Outcome<void> add(const BrokerCommandOptions& options, Shell& shell) {
    if (!options.csv.empty()) return add_csv(options, shell);
    auto folder = BrokerFolder::open(options.folder);
    if (!folder) return std::unexpected(folder.error());
    Account account{options.identity, options.psk, options.topics, options.home_assistant};
    if (auto done = take_credential(options, shell, account); !done) return done;
    if (account.topics.empty()) account.topics.emplace_back(default_topics);
    const auto done = folder->add(std::move(account));
    if (!done) return std::unexpected(done.error());
    report(options, shell, "added", *done);
    return {};
}

Outcome<void> remove(const BrokerCommandOptions& options, Shell& shell) {
    auto folder = BrokerFolder::open(options.folder);
    if (!folder) return std::unexpected(folder.error());
    const auto done = folder->remove(options.identity);
    if (!done) return std::unexpected(done.error());
    report(options, shell, "removed", *done);
    return {};
}

Outcome<void> upgrade(const BrokerCommandOptions& options, Shell& shell) {
    const auto changed = BrokerFolder::upgrade(options.folder);
    if (!changed) return std::unexpected(changed.error());
    const auto folder = BrokerFolder::open(options.folder);
    if (!folder) return std::unexpected(folder.error());
    const auto access = operator_access(folder->path());
    if (!access) return std::unexpected(access.error());
    remember(folder->path(), access->address.port, shell);
    if (options.json) {
        shell.out << json_text([&](JsonWriter& json) {
            json.begin_object().key("changed").boolean(*changed);
            json.key("tools_port").number(access->address.port).end_object();
        }) << '\n';
        return {};
    }
    shell.out << (*changed ? "the tools' listener now asks for a key; restart mosquitto: the running one still lets "
                             "everybody in\n"
                           : "nothing to do\n");
    return {};
}

std::string_view credential_word(Credential credential) {
    switch (credential) {
        case Credential::psk:
            return "psk";
        case Credential::certificate:
            return "certificate";
        case Credential::password:
            break;
    }
    return "password";
}

// Never prints keys.
Outcome<void> list(const BrokerCommandOptions& options, Shell& shell) {
    const auto folder = BrokerFolder::open(options.folder);
    if (!folder) return std::unexpected(folder.error());
    const auto accounts = folder->accounts();
    if (!accounts) return std::unexpected(accounts.error());
    if (options.json) {
        shell.out << json_text([&](JsonWriter& json) {
            json.begin_array();
            for (const auto& account : accounts->all()) {
                json.begin_object().key("ident").text(account.identity);
                if (account.credential != Credential::psk)
                    json.key("credential").text(credential_word(account.credential));
                json.key("topics").begin_array();
                for (const auto& filter : account.topics) json.text(filter);
                json.end_array().end_object();
            }
            json.end_array();
        }) << '\n';
        return {};
    }
    for (const auto& account : accounts->all()) {
        shell.out << account.identity;
        if (account.credential != Credential::psk) shell.out << "  (" << credential_word(account.credential) << ')';
        for (const auto& filter : account.topics) shell.out << "  " << filter;
        shell.out << '\n';
    }
    return {};
}

void add_tls_options(CLI::App& sub, BrokerCommandOptions& options) {
    auto& broker = options.broker;
    auto& tls = broker.tls;
    const CLI::Range ports(1, 65535);
    sub.add_option("--tools-bind", broker.tools_bind, "Address of the tools' port")->capture_default_str();
    sub.add_option("--tls", options.tls, "psk: devices have pre-shared keys; ca: the broker has a certificate; both")
        ->check(CLI::IsMember({"psk", "ca", "both"}))
        ->capture_default_str();
    sub.add_option("--clients", options.clients, "What devices have where the broker has a certificate")
        ->check(CLI::IsMember({"certificate", "password"}))
        ->capture_default_str();
    sub.add_option("--certificate-port", broker.certificate_port, "Port for them with --tls both")
        ->check(ports)
        ->capture_default_str();
    sub.add_option("--operator-port", broker.operator_port,
                   "Port for operators with certificates (esb ca issue operator)")
        ->check(ports);
    sub.add_option("--ca-dir", tls.authority, "The folder of esb ca that signs the broker's certificate")
        ->type_name("DIR");
    sub.add_option("--host", tls.hosts, "The broker's host name or address in its certificate; several may be given");
    sub.add_option("--ca", tls.ca_file, "Another authority's certificate (PEM), for clients' certificates")
        ->type_name("FILE");
    sub.add_option("--cert", tls.certificate_file, "The broker's certificate by it, with its chain")->type_name("FILE");
    sub.add_option("--cert-key", tls.key_file, "Its key")->type_name("FILE");
    sub.add_option("--crl", tls.list_file, "What that authority has revoked")->type_name("FILE");
}

}  // namespace

void add_broker_commands(CLI::App& app, Shell& shell) {
    auto* broker = app.add_subcommand("broker", "A mosquitto for your devices: TLS, exact topics for each identity");
    broker->require_subcommand(1);
    const auto options = std::make_shared<BrokerCommandOptions>();
    const auto command = [&, options](const char* name, const char* help, auto run) {
        auto* sub = broker->add_subcommand(name, help);
        sub->add_option("DIR", options->folder, "The broker's folder")->required();
        sub->add_flag("--json", options->json, "Print JSON");
        sub->callback([options, &shell, run] { shell.finish(run(*options, shell)); });
        return sub;
    };

    auto* sub = command("init", "Make the folder and its mosquitto.conf", init);
    const CLI::Range ports(1, 65535);
    sub->add_option("--port", options->broker.port, "TLS port for devices")->check(ports)->capture_default_str();
    sub->add_option("--tools-port", options->broker.tools_port, "Port for this tool and services, loopback only")
        ->check(ports)
        ->capture_default_str();
    sub->add_option("--bind", options->broker.bind, "Address of the TLS port; 0.0.0.0 for all")->capture_default_str();
    add_tls_options(*sub, *options);
    sub->add_option("--hint", options->broker.hint, "PSK hint shown to devices")->capture_default_str();
    sub->add_option("--user", options->broker.user, "User that mosquitto becomes when root starts it (default: you)");

    sub = command("add", "Give a device an account", add);
    auto* identity = sub->add_option("IDENT", options->identity, "Identity, as the device prints it");
    auto* credential = sub->add_option_group("credential", "What it comes in with, one of them");
    credential->add_option("PSK", options->psk, "Its key in hex, or - to read it from standard input");
    credential->add_flag("--certificate", options->certificate,
                         "It has a certificate instead, with the identity as its name");
    credential->add_flag("--password", options->password,
                         "It has a password instead, read from the terminal or standard input");
    credential
        ->add_option("--csv", options->csv,
                     "Many at once: a file with the columns ident and psk (esb factory); -: standard input")
        ->type_name("FILE")
        ->excludes(identity);
    credential->require_option(1);
    sub->add_option("--topics", options->topics,
                    "Topic filters of your own below the device's base, read:FILTER and write:FILTER limit them "
                    "(default: app/#)");

    sub->add_flag("--home-assistant", options->home_assistant,
                  "Let it announce itself to Home Assistant (setting ha.discovery)");

    sub = command("remove", "Take a device's account away", remove);
    sub->add_option("IDENT", options->identity, "Identity")->required();

    add_rotate_command(*broker, shell);
    command("upgrade", "Close the anonymous listener of a folder made by an older esb", upgrade);

    command("list", "Show the accounts, without keys", list);
}

}  // namespace esb::cli
