#include "host/cli/broker_tls.hpp"

#include "host/cli/der.hpp"
#include "host/cli/running_broker.hpp"

#include <array>
#include <sstream>

namespace esb::cli {
namespace {

constexpr std::size_t file_max = 1024 * 1024;  // bytes; chains and lists of others may be long
constexpr std::size_t list_max = 32 * 1024 * 1024;
constexpr std::string_view folder_name = "tls";

Outcome<void> copy_file(const std::string& from, const std::filesystem::path& to) {
    const auto text = read_file(from, file_max);
    if (!text) return std::unexpected(text.error());
    if (text->find("-----BEGIN ") == std::string::npos) return failure(from + " is no PEM file");
    return replace_file(to, *text, 0600);
}

Outcome<void> copy_list(const Authority& authority, const std::filesystem::path& tls) {
    const auto list = read_file(authority.revocation_list(), list_max);
    if (!list) return std::unexpected(list.error());
    return replace_file(tls / "crl.pem", *list, 0600);
}

Outcome<void> remember(const Authority& authority, const std::filesystem::path& broker_folder) {
    const auto file = authority.path() / "brokers";
    const auto lock = FolderLock::take(authority.path());
    if (!lock) return std::unexpected(lock.error());
    const auto known = read_file(file, file_max);
    return replace_file(file, (known ? *known : std::string()) + broker_folder.string() + '\n', 0600);
}

Outcome<void> sign_for(const std::filesystem::path& broker_folder, const BrokerTls& tls) {
    const auto authority = Authority::open(tls.authority);
    if (!authority) return std::unexpected(authority.error());
    const auto folder = broker_folder / folder_name;
    std::error_code error;
    std::filesystem::remove(folder / "server.key", error);  // of an `init` that did not come to its end
    const auto key = make_key(folder / "server.key");
    if (!key) return std::unexpected(key.error());
    {
        auto work = authority->begin();
        if (!work) return std::unexpected(work.error());
        const auto made =
            work->issue({CertificateKind::server, tls.hosts.front(), key->public_key(), tls.hosts, server_days});
        if (!made) return std::unexpected(made.error());
        if (auto done = replace_file(folder / "server.crt", der::pem("CERTIFICATE", made->der), 0600); !done)
            return done;
    }
    if (auto done = replace_file(folder / "ca.crt", authority->certificate_pem(), 0600); !done) return done;
    if (auto done = copy_list(*authority, folder); !done) return done;
    return remember(*authority, broker_folder);
}

Outcome<void> tell(const Authority& authority, const std::filesystem::path& broker_folder,
                   const CertificateFacts* renewed) {
    const auto folder = broker_folder / folder_name;
    if (auto done = copy_list(authority, folder); !done) return done;
    const auto text = read_file(folder / "server.crt", file_max);
    const auto own = text ? read_certificate(*text) : std::unexpected(text.error());
    if (renewed != nullptr && own && own->key == renewed->key) {
        const auto pem = der::pem("CERTIFICATE", renewed->der);
        if (auto done = replace_file(folder / "server.crt", pem, 0600); !done) return done;
    }
    const auto reload = reload_mosquitto(broker_folder);
    return reload ? Outcome<void>() : std::unexpected(reload.error());
}

std::vector<std::filesystem::path> brokers_of(const Authority& authority) {
    std::vector<std::filesystem::path> found;
    const auto known = read_file(authority.path() / "brokers", file_max);
    std::istringstream lines(known ? *known : std::string());
    for (std::string folder; std::getline(lines, folder);) found.emplace_back(folder);
    return found;
}

Outcome<CertificateFacts> renew_one(const Authority& authority, const CertificateFacts& certificate) {
    auto work = authority.begin();
    if (!work) return std::unexpected(work.error());
    return work->renew(serial_text(certificate.serial), server_days);
}

}  // namespace

Outcome<void> check_broker_tls(const BrokerTls& tls) {
    if (!tls.certificates) return {};
    const bool files = !tls.ca_file.empty() || !tls.certificate_file.empty() || !tls.key_file.empty();
    if (files != tls.authority.empty())
        return failure(
            "a listener with a certificate needs either --ca-dir and --host, or --ca, --cert and --cert-key");
    if (!files) return check_order({CertificateKind::server, {}, {}, tls.hosts, server_days});
    if (tls.ca_file.empty() || tls.certificate_file.empty() || tls.key_file.empty())
        return failure("--ca, --cert and --cert-key go together");
    return {};
}

Outcome<void> make_broker_tls(const std::filesystem::path& broker_folder, const BrokerTls& tls) {
    const auto folder = broker_folder / folder_name;
    if (auto done = make_private_folder(folder); !done) return done;
    if (!tls.authority.empty()) return sign_for(broker_folder, tls);
    for (const auto& [from, name] : {std::pair{tls.ca_file, "ca.crt"}, std::pair{tls.certificate_file, "server.crt"},
                                     std::pair{tls.key_file, "server.key"}}) {
        if (auto done = copy_file(from, folder / name); !done) return done;
    }
    return tls.list_file.empty() ? Outcome<void>() : copy_file(tls.list_file, folder / "crl.pem");
}

std::vector<std::string> renew_brokers(const Authority& authority) {
    std::vector<std::string> happened;
    for (const auto& folder : brokers_of(authority)) {
        const auto text = read_file(folder / folder_name / "server.crt", file_max);
        const auto own = text ? read_certificate(*text) : std::unexpected(text.error());
        if (!own || authority.now() < own->renewal()) continue;
        const auto renewed = renew_one(authority, *own);
        const auto done = renewed ? tell(authority, folder, &*renewed) : std::unexpected(renewed.error());
        happened.push_back((done ? "renewed the certificate of " : "could not renew the certificate of ") +
                           folder.string() + (done ? std::string() : ": " + done.error().line));
    }
    return happened;
}

std::vector<std::string> tell_brokers(const Authority& authority, const CertificateFacts* renewed) {
    std::vector<std::string> untold;
    for (const auto& folder : brokers_of(authority)) {
        if (auto done = tell(authority, folder, renewed); !done) untold.push_back(done.error().line);
    }
    return untold;
}

}  // namespace esb::cli
