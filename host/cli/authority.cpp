#include "host/cli/authority.hpp"

#include "host/cli/der.hpp"
#include "host/cli/machine_clock.hpp"
#include "host/vchip/entropy_posix.hpp"

#include <algorithm>
#include <ctime>

namespace esb::cli {
namespace {

constexpr std::size_t index_max = 32 * 1024 * 1024;  // bytes
constexpr Seconds day = 86400;
constexpr std::string_view certificate_label = "CERTIFICATE";

Outcome<Serial> random_serial() {
    vchip::HostEntropy entropy;
    Serial serial{};
    if (!entropy.fill(serial)) return failure("no random numbers");
    return serial;
}

bool is_good_name(const std::string& name) {
    return !name.empty() && name.size() <= 64 &&
           std::all_of(name.begin(), name.end(), [](unsigned char c) { return c >= ' ' && c < 127; });
}

}  // namespace

Outcome<SigningKey> make_key(const std::filesystem::path& file) {
    auto key = SigningKey::generate();
    if (!key) return failure("no key could be made", key.error());
    auto text = key->pem();
    if (!text) return failure("no key could be made", text.error());
    const auto done = create_file(file, *text, 0600);
    wipe(MutBytes(reinterpret_cast<std::uint8_t*>(text->data()), text->size()));
    if (!done) return std::unexpected(done.error());
    return std::move(*key);
}

Outcome<SigningKey> load_key(const std::filesystem::path& file) {
    if (auto good = check_private(file); !good) return std::unexpected(good.error());
    auto key = SigningKey::load_pem(file);
    if (!key) return failure(file.string(), key.error());
    return std::move(*key);
}

Outcome<SigningKey> load_or_make_key(const std::filesystem::path& file) {
    std::error_code error;
    return std::filesystem::exists(file, error) ? load_key(file) : make_key(file);
}

Seconds calendar_now() { return std::time(nullptr); }

Outcome<CertificateFacts> Authority::make_certificate(const Authority& authority, const SigningKey& key,
                                                      const std::string& name, unsigned days) {
    const auto serial = random_serial();
    if (!serial) return std::unexpected(serial.error());
    CertificateForm form;
    form.kind = CertificateKind::authority;
    form.serial = *serial;
    form.subject = form.issuer = name.empty() ? "Secure Base CA " + serial_text(*serial).substr(0, 8) : name;
    form.key = key.public_key();
    form.not_before = authority.now() - AuthorityIndex::backdated;
    form.not_after = authority.now() + days * day;
    const auto der = certificate_der(form, key);
    if (!der) return failure("the certificate cannot be signed", der.error());
    return read_certificate(*der);
}

Outcome<Authority> Authority::create(const std::filesystem::path& folder, const std::string& name, unsigned days,
                                     Calendar calendar) {
    if (!name.empty() && !is_good_name(name))
        return failure("an authority's name is 1 to 64 printable ASCII characters");
    if (days == 0 || days > max_days) return failure("a certificate is for 1 to 7300 days");
    if (auto good = check_clock(calendar()); !good) return std::unexpected(good.error());
    std::error_code error;
    const auto absolute = std::filesystem::absolute(folder, error).lexically_normal();
    Authority made(absolute.has_filename() ? absolute : absolute.parent_path(), calendar);
    for (const auto& path : {made.folder_, made.folder_ / "issued"}) {
        if (auto done = make_private_folder(path); !done) return std::unexpected(done.error());
    }
    auto lock = FolderLock::take(made.folder_);
    if (!lock) return std::unexpected(lock.error());
    const auto file = made.folder_ / "ca.crt";
    if (std::filesystem::exists(file, error)) return failure(file.string() + " exists already");

    auto key = load_or_make_key(made.folder_ / "ca.key");
    if (!key) return std::unexpected(key.error());
    auto certificate = make_certificate(made, *key, name, days);
    if (!certificate) return std::unexpected(certificate.error());
    made.certificate_ = std::move(*certificate);
    AuthorityWork work(made, std::move(*lock), std::move(*key), AuthorityIndex::begin(made.now()));
    if (auto done = replace_file(made.index_file(), work.index().text(), 0600); !done)
        return std::unexpected(done.error());
    if (auto done = work.write_list(); !done) return std::unexpected(done.error());
    // Last: it says that the rest is there.
    if (auto done = replace_file(file, made.certificate_pem(), 0600); !done) return std::unexpected(done.error());
    return made;
}

Outcome<Authority> Authority::open(const std::filesystem::path& folder, Calendar calendar) {
    std::error_code error;
    Authority opened(std::filesystem::absolute(folder, error), calendar);
    const auto text = read_file(opened.folder_ / "ca.crt", request_max);
    if (!text) return failure("no authority there (`esb ca init` makes one): " + text.error().line);
    auto certificate = read_certificate(*text);
    if (!certificate) return failure((opened.folder_ / "ca.crt").string() + ": " + certificate.error().line);
    opened.certificate_ = std::move(*certificate);
    return opened;
}

Outcome<AuthorityWork> Authority::begin() const {
    auto lock = FolderLock::take(folder_);
    if (!lock) return std::unexpected(lock.error());
    auto key = load_key(folder_ / "ca.key");
    if (!key) return std::unexpected(key.error());
    if (key->public_key() != certificate_.key) return failure("ca.key and ca.crt in " + folder_.string() + " differ");
    auto known = index();
    if (!known) return std::unexpected(known.error());
    AuthorityWork work(*this, std::move(*lock), std::move(*key), std::move(*known));
    if (auto done = work.finish_earlier(); !done) return std::unexpected(done.error());
    return work;
}

Outcome<AuthorityIndex> Authority::index() const {
    const auto text = read_text(index_file(), index_max);
    if (!text) return std::unexpected(text.error());
    return AuthorityIndex::parse(*text);
}

Outcome<std::string> Authority::issued(const Serial& serial) const {
    return read_file(issued_file(serial), request_max);
}

std::string Authority::certificate_pem() const { return der::pem(certificate_label, certificate_.der); }

std::filesystem::path Authority::issued_file(const Serial& serial) const {
    return folder_ / "issued" / (serial_text(serial) + ".pem");
}

Outcome<CertificateFacts> AuthorityWork::issue(const Order& order) {
    if (auto good = check_order(order); !good) return std::unexpected(good.error());
    const auto now = authority_.now();
    const auto& issuer = authority_.certificate_;
    if (now < issuer.not_before || now >= issuer.not_after)
        return failure("the authority's certificate is not valid now; is this machine's clock right?");
    const auto serial = random_serial();
    if (!serial) return std::unexpected(serial.error());
    CertificateForm form{order.kind, *serial, order.subject, issuer.subject, order.key, 0, 0, order.hosts};
    form.not_before = std::max(now - AuthorityIndex::backdated, issuer.not_before);
    form.not_after = std::min(now + order.days * day, issuer.not_after);
    const auto der = certificate_der(form, key_);
    if (!der) return failure("the certificate cannot be signed", der.error());
    Entry entry{*serial, std::nullopt, form.not_after, order.kind, order.subject, order.hosts};
    if (auto added = index_.add(std::move(entry), now); !added) return std::unexpected(added.error());
    if (auto done = replace_file(authority_.index_file(), index_.text(), 0600); !done)
        return std::unexpected(done.error());
    if (auto done = create_file(authority_.issued_file(*serial), der::pem(certificate_label, *der), 0600); !done)
        return std::unexpected(done.error());
    return read_certificate(*der);
}

Outcome<CertificateFacts> AuthorityWork::renew(std::string_view serial_or_subject, unsigned days) {
    const auto good = index_.good(serial_or_subject);
    if (good.empty()) return failure("no good certificate is called " + std::string(serial_or_subject));
    const auto& latest = *good.back();
    const auto text = authority_.issued(latest.serial);
    if (!text) return std::unexpected(text.error());
    const auto old = read_certificate(*text);
    if (!old) return std::unexpected(old.error());
    return issue({latest.kind, latest.subject, old->key, latest.hosts, days});
}

Outcome<std::size_t> AuthorityWork::revoke(std::string_view serial_or_subject) {
    const auto count = index_.revoke(serial_or_subject, authority_.now());
    if (count == 0) return failure("no good certificate is called " + std::string(serial_or_subject));
    if (auto done = replace_file(authority_.index_file(), index_.text(), 0600); !done)
        return std::unexpected(done.error());
    if (auto done = write_list(); !done) return std::unexpected(done.error());
    return count;
}

// Valid as long as the authority: brokers refuse everybody when a list has run out.
Outcome<void> AuthorityWork::write_list() const {
    auto list = index_.revocations(authority_.now());
    list.next_update = authority_.certificate_.not_after;
    const auto der = revocation_list_der(list, authority_.certificate_.subject, key_);
    if (!der) return failure("the revocation list cannot be signed", der.error());
    return replace_file(authority_.revocation_list(), der::pem("X509 CRL", *der), 0600);
}

// A run that ended between the index and the list has left an older list.
Outcome<void> AuthorityWork::finish_earlier() const {
    const auto text = read_file(authority_.revocation_list(), index_max);
    const auto time = text ? read_list_time(*text) : std::unexpected(text.error());
    if (time && *time == index_.list_time()) return {};
    return write_list();
}

}  // namespace esb::cli
