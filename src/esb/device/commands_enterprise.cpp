// wifi enterprise, ca, cert: networks that ask for more than a password.
#include "esb/device/commands.hpp"

#include "esb/base/encoding.hpp"

namespace esb {
namespace {

using console::Arguments;
using console::Report;
namespace names = settings::names;

Result<std::size_t> network_of(Arguments arguments) {
    if (arguments.empty()) return std::size_t{0};
    const auto number = parse_unsigned(arguments[0], 0, std::size(names::enterprises) - 1);
    if (!number) return fail(number.error());
    return static_cast<std::size_t>(*number);
}

Status put(EnterpriseCommands& rooms, const settings::Key<settings::Type::key>& where, std::string_view pem, Report& report) {
    settings::Patch patch(rooms.config.schema, settings::Origin::console);
    ESB_TRY(settings::set_certificate(patch, where, pem, rooms.credentials.shelf()));
    return rooms.config.change(patch, report);
}
Status put_authority(EnterpriseCommands& rooms, std::string_view pem, Report& report) {
    return put(rooms, names::enterprises[rooms.network].authority, pem, report);
}
Status put_certificate(EnterpriseCommands& rooms, std::string_view pem, Report& report) {
    return put(rooms, names::enterprises[rooms.network].certificate, pem, report);
}

// The PEM follows in lines of its own.
Status take_pem(EnterpriseCommands& rooms, Arguments arguments, Report& report,
                Status (*then)(EnterpriseCommands&, std::string_view, Report&)) {
    const auto network = network_of(arguments);
    if (!network) return fail(network.error());
    rooms.network = *network;
    ESB_TRY(rooms.console.take_text([&rooms, then](std::string_view text, Report& answer) {
        return then(rooms, text, answer);
    }));
    report.say("paste the certificate as PEM, then a line with a dot").data("text", "until a line with a dot");
    return {};
}
Status set_network_authority(EnterpriseCommands& rooms, Arguments arguments, Report& report) {
    return take_pem(rooms, arguments, report, put_authority);
}
Status set_network_certificate(EnterpriseCommands& rooms, Arguments arguments, Report& report) {
    return take_pem(rooms, arguments, report, put_certificate);
}

// All of it at once, as the first network.
Status join(EnterpriseCommands& rooms, Arguments arguments, Report& report) {
    const auto& network = names::networks[0];
    const auto& by = names::enterprises[0];
    settings::Patch patch(rooms.config.schema, settings::Origin::console);
    ESB_TRY(patch.set_bytes(network.ssid, as_bytes(arguments[0])));
    ESB_TRY(patch.unset(network.pass));
    ESB_TRY(patch.set(by.method, arguments[1]));
    ESB_TRY(patch.set(by.server, arguments[2]));
    ESB_TRY(patch.set(by.user, arguments[3]));
    ESB_TRY(arguments.size() > 4 ? patch.set(by.password, arguments[4]) : patch.unset(by.password));
    return rooms.config.change(patch, report);
}

}  // namespace

std::span<const console::TableCommand> EnterpriseCommands::table() const {
    static constexpr console::TableCommand table[] = {
        {"wifi ca", "[<network>]", "take the authority of its server, as PEM", on_rooms<set_network_authority>},
        {"wifi cert", "[<network>]", "take the device's certificate there, as PEM", on_rooms<set_network_certificate>},
        {"wifi enterprise", "<ssid> <peap|tls> <server> <user> [<pass>]", "join a WPA2-Enterprise network", on_rooms<join>,
         {.secret_from = 4}},
    };
    return table;
}

}  // namespace esb
