// esb ca serve
#include "host/cli/commands.hpp"
#include "host/cli/est_server.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <memory>

namespace esb::cli {
namespace {

volatile std::sig_atomic_t asked_to_stop = 0;

struct CaServeOptions {
    std::string folder;
    EstOptions est;
};

Outcome<void> serve(const CaServeOptions& options, Shell& shell) {
    const auto authority = Authority::open(options.folder);
    if (!authority) return std::unexpected(authority.error());
    auto est = options.est;
    if (est.hosts.empty()) est.hosts = {"localhost", "127.0.0.1", "::1"};
    if (auto good = check_order({CertificateKind::server, est.hosts.front(), {}, est.hosts, server_days}); !good)
        return good;
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { asked_to_stop = 1; });
    return serve_est(
        *authority, est, [] { return asked_to_stop != 0; },
        [&shell](const std::string& line) {
            shell.out << line << '\n';
            shell.out.flush();
        });
}

}  // namespace

void add_ca_serve_command(CLI::App& family, Shell& shell) {
    const auto options = std::make_shared<CaServeOptions>();
    auto* sub = family.add_subcommand("serve", "Renew devices' certificates by EST (RFC 7030), until it is ended");
    sub->add_option("DIR", options->folder, "The authority's folder")->required();
    sub->add_option("--bind", options->est.bind, "Address to listen on; 0.0.0.0 for all")->capture_default_str();
    sub->add_option("--port", options->est.port, "Port")->check(CLI::Range(1, 65535))->capture_default_str();
    sub->add_option(
        "--name", options->est.hosts,
        "Host name or address that devices know this by; several may be given (default: this machine alone)");
    sub->callback([options, &shell] { shell.finish(serve(*options, shell)); });
}

}  // namespace esb::cli
