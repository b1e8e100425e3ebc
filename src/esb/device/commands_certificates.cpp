// mqtt trust, ca, cert, csr, pin, user: brokers that are known by a certificate.
#include "esb/device/commands.hpp"

#include "esb/base/encoding.hpp"

#include <array>

namespace esb {
namespace {

using console::Arguments;
using console::Report;
namespace names = settings::names;

Result<std::size_t> broker_of(Arguments arguments) {
    if (arguments.empty()) return std::size_t{0};
    const auto number = parse_unsigned(arguments[0], 0, std::size(names::trusts) - 1);
    if (!number) return fail(number.error());
    return static_cast<std::size_t>(*number);
}

// The PEM follows in lines of its own.
Status take_pem(CertificateCommands& rooms, Arguments arguments, Report& report,
                Status (*then)(CertificateCommands&, std::string_view, Report&)) {
    const auto broker = broker_of(arguments);
    if (!broker) return fail(broker.error());
    rooms.broker = *broker;
    ESB_TRY(rooms.console.take_text([&rooms, then](std::string_view text, Report& answer) {
        return then(rooms, text, answer);
    }));
    report.say("paste the certificate as PEM, then a line with a dot").data("text", "until a line with a dot");
    return {};
}

Status put_authority(CertificateCommands& rooms, std::string_view pem, Report& report) {
    const auto& trust = names::trusts[rooms.broker];
    settings::Patch patch(rooms.config.schema, settings::Origin::console);
    ESB_TRY(settings::set_certificate(patch, trust.authority, pem, rooms.credentials.shelf()));
    ESB_TRY(patch.set(trust.how, "ca"));
    return rooms.config.change(patch, report);
}

Status put_certificate(CertificateCommands& rooms, std::string_view pem, Report& report) {
    settings::Patch patch(rooms.config.schema, settings::Origin::console);
    const auto& trust = names::trusts[rooms.broker];
    ESB_TRY(settings::set_certificate(patch, trust.certificate, pem, rooms.credentials.shelf()));
    return rooms.config.change(patch, report);
}

Status set_authority(CertificateCommands& rooms, Arguments arguments, Report& report) {
    return take_pem(rooms, arguments, report, put_authority);
}

Status set_certificate(CertificateCommands& rooms, Arguments arguments, Report& report) {
    return take_pem(rooms, arguments, report, put_certificate);
}

Status set_trust(CertificateCommands& rooms, Arguments arguments, Report& report) {
    settings::Patch patch(rooms.config.schema, settings::Origin::console);
    ESB_TRY(patch.set(names::trusts[0].how, arguments[0]));
    return rooms.config.change(patch, report);
}

Status set_pins(CertificateCommands& rooms, Arguments arguments, Report& report) {
    const auto& trust = names::trusts[0];
    settings::Patch patch(rooms.config.schema, settings::Origin::console);
    ESB_TRY(patch.set(trust.pin[0], arguments[0]));
    ESB_TRY(arguments.size() > 1 ? patch.set(trust.pin[1], arguments[1]) : patch.unset(trust.pin[1]));
    ESB_TRY(patch.set(trust.how, "pin"));
    return rooms.config.change(patch, report);
}

Status set_user(CertificateCommands& rooms, Arguments arguments, Report& report) {
    const auto& trust = names::trusts[0];
    settings::Patch patch(rooms.config.schema, settings::Origin::console);
    ESB_TRY(patch.set(trust.user, arguments[0]));
    ESB_TRY(arguments.size() > 1 ? patch.set(trust.password, arguments[1]) : patch.unset(trust.password));
    return rooms.config.change(patch, report);
}

Status show_request(CertificateCommands& rooms, Arguments arguments, Report& report) {
    std::array<char, 640> text;
    const auto pem = rooms.credentials.request(arguments.empty() ? rooms.identity.view() : arguments[0], text);
    if (!pem) return fail(pem.error());
    for (auto rest = *pem; !rest.empty();) {
        const auto end = rest.find('\n');
        report.next().say(rest.substr(0, end));
        rest.remove_prefix(end + 1);
    }
    report.data("csr", *pem);
    return {};
}

}  // namespace

std::span<const console::TableCommand> CertificateCommands::table() const {
    static constexpr console::TableCommand table[] = {
        {"mqtt trust", "<psk|ca|pin>", "how the broker is known", on_rooms<set_trust>},
        {"mqtt ca", "[<broker>]", "take its authority's certificate, as PEM", on_rooms<set_authority>},
        {"mqtt pin", "<hex> [<hex>]", "SHA-256 of its public key, and of the next one", on_rooms<set_pins>},
        {"mqtt user", "<name> [<pass>]", "user name and password there", on_rooms<set_user>, {.secret_from = 1}},
        {"mqtt csr", "[<name>]", "a request for a certificate of the device's own", on_rooms<show_request>},
        {"mqtt cert", "[<broker>]", "take that certificate, as PEM", on_rooms<set_certificate>},
    };
    return table;
}

}  // namespace esb
