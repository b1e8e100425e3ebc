#include "esb/portal/api_actions.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/file_text.hpp"
#include "esb/base/json.hpp"
#include "esb/net/http_request.hpp"
#include "esb/portal/api_state.hpp"
#include "esb/portal/errors.hpp"
#include "esb/portal/wish.hpp"
#include "esb/settings/json_patch.hpp"

#include <algorithm>
#include <array>

namespace esb::portal {
namespace {

constexpr std::size_t request_max = 460;  // as JSON it still fits into one piece
constexpr std::uint32_t on_trial_bit = 1U << (Source::argument_bits - 1);

Result<JsonDocument> read_object(ConstBytes body) {
    auto document = JsonDocument::parse(as_bytes(bare_text(as_text(body))));
    if (document && !document->root().is_object()) return fail(errors::config_not_object);
    return document;
}

}  // namespace

struct Actions::Route {
    std::string_view path;
    Action action;
    bool reads_body;  // all others take an object whose members they ignore
};

net::HttpReply Actions::run(std::string_view path, ConstBytes body) {
    static constexpr Route routes[] = {
        {"/api/scan", &Actions::scan, false},
        {"/api/try", &Actions::try_settings, true},
        {"/api/settings", &Actions::change_settings, true},
        {"/api/key", &Actions::show_key, false},
        {"/api/csr", &Actions::make_request, false},
        {"/api/console-password", &Actions::console_password, true},
        {"/api/ota", &Actions::say_of_update, true},
        {"/api/shown", &Actions::shown, false},
        {"/api/close", &Actions::close, false},
        {"/api/restart", &Actions::restart, false},
        {"/api/reset", &Actions::factory_reset, true},
    };
    const auto* route =
        std::find_if(std::begin(routes), std::end(routes), [path](const Route& r) { return r.path == path; });
    if (route == std::end(routes)) return refusals_.refuse(Error(errors::web_not_found));
    if (!route->reads_body) {
        if (const auto object = read_object(body); !object) return refusals_.refuse(object.error());
    }
    return (this->*route->action)(body);
}

net::HttpReply Actions::answer(const Status& outcome, unsigned status) {
    return outcome ? empty_object(status) : refusals_.refuse(outcome.error());
}

net::HttpReply Actions::scan(ConstBytes) { return answer(host_.radio().start_scan(), 202); }

Status Actions::read_change(ConstBytes body, settings::Patch& patch, FixedString<settings::name_max>& offending) const {
    ESB_TRY(settings::read_json_patch(body, patch, offending, nullptr, host_.shelf()));
    // What is stored under this name is a hash: nobody else's may get there.
    settings::RecordReader reader(patch.records());
    while (const auto record = reader.next()) {
        if (record->name != settings::names::console_password) continue;
        static_cast<void>(offending.assign(record->name));
        return fail(errors::portal_own_request);
    }
    return {};
}

net::HttpReply Actions::try_settings(ConstBytes body) {
    settings::Patch patch(host_.schema(), settings::Origin::portal);
    FixedString<settings::name_max> offending;
    auto done = read_change(body, patch, offending);
    const auto wish = wish_of(patch, host_);
    if (done) done = propose(patch);
    if (!done) return refusals_.refuse(done.error(), offending);
    const auto now = host_.snapshot();
    const bool joined = now.address.is_set() && (wish.ssid.empty() || wish.ssid == now.ssid);
    // The cable serves whatever is said of networks: they are tried when it is out.
    attempt_.begin(wish.ssid, has_broker(host_.settings()), (with_ethernet && now.wired) || (joined && wish.keeps_network));
    host_.try_now(wish.ssid);
    const auto trial = now.config_waits_for.empty() ? 0 : on_trial_bit;
    return generated({Source::Kind::tried, (attempt_.number() & (on_trial_bit - 1)) | trial});
}

net::HttpReply Actions::change_settings(ConstBytes body) {
    settings::Patch patch(host_.schema(), settings::Origin::portal);
    FixedString<settings::name_max> offending;
    auto done = read_change(body, patch, offending);
    if (done) done = propose(patch);
    if (!done) return refusals_.refuse(done.error(), offending);
    return generated({Source::Kind::changed, host_.snapshot().config_waits_for.empty() ? 0 : on_trial_bit});
}

net::HttpReply Actions::show_key(ConstBytes) {
    if (!key_is_shown(host_)) return refusals_.refuse(Error(errors::portal_key_hidden));
    return generated({Source::Kind::key});
}

// It is made anew when it is sent, by the same key.
net::HttpReply Actions::make_request(ConstBytes) {
    std::array<char, request_max> text;
    const auto made = host_.certificate_request(text);
    return made ? generated({Source::Kind::request}) : refusals_.refuse(made.error());
}

net::HttpReply Actions::console_password(ConstBytes body) {
    const auto object = read_object(body);
    if (!object) return refusals_.refuse(object.error());
    const auto password = object->root()["password"].text();
    if (!password) return refusals_.refuse(password.error());
    const auto done = host_.set_console_password(*password);
    return done ? empty_object() : refusals_.refuse(done.error(), settings::names::console_password);
}

net::HttpReply Actions::say_of_update(ConstBytes body) {
    const auto object = read_object(body);
    if (!object) return refusals_.refuse(object.error());
    const auto word = object->root()["do"].text();
    if (!word) return refusals_.refuse(word.error());
    return answer(host_.say_of_update(*word));
}

net::HttpReply Actions::shown(ConstBytes) {
    host_.later(Later::result_shown);
    return empty_object();
}

net::HttpReply Actions::close(ConstBytes) {
    host_.later(Later::close);
    return empty_object();
}

net::HttpReply Actions::restart(ConstBytes) {
    host_.later(Later::restart);
    return empty_object();
}

net::HttpReply Actions::factory_reset(ConstBytes body) {
    const auto object = read_object(body);
    if (!object) return refusals_.refuse(object.error());
    const auto identity = object->root()["identity"].text();
    if (!identity) return refusals_.refuse(identity.error());
    if (*identity != host_.snapshot().identity) return refusals_.refuse(Error(errors::portal_wrong_identity));
    return answer(host_.factory_reset());
}

std::size_t write_changed(std::uint32_t argument, MutBytes out) {
    JsonWriter json(as_chars(out));
    json.begin_object().key("on_trial").boolean((argument & on_trial_bit) != 0).end_object();
    return json.written().size();
}

std::size_t write_tried(std::uint32_t argument, MutBytes out) {
    JsonWriter json(as_chars(out));
    json.begin_object().key("on_trial").boolean((argument & on_trial_bit) != 0);
    json.key("attempt").number(argument & (on_trial_bit - 1)).end_object();
    return json.written().size();
}

std::size_t write_request(Host& host, MutBytes out) {
    std::array<char, request_max> text;
    const auto made = host.certificate_request(text);
    JsonWriter json(as_chars(out));
    json.begin_object().key("csr").text(made.value_or(std::string_view())).end_object();
    return json.written().size();
}

std::size_t write_key(const Host& host, MutBytes out) {
    JsonWriter json(as_chars(out));
    json.begin_object();
    if (key_is_shown(host)) {
        std::array<char, 2 * settings::value_max> digits;
        const auto key = hex_encode(host.settings().bytes(settings::names::mqtt_psk), digits);
        json.key("ident").text(broker_identity(host)).key("psk").text(key.value_or(std::string_view()));
        wipe(as_writable_bytes(digits));
    } else {
        constexpr auto& kind = errors::portal_key_hidden;
        json.key("error").text(kind.name).key("why").text(kind.text);
    }
    json.end_object();
    return json.written().size();
}

}  // namespace esb::portal
