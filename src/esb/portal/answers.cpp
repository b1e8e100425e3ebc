#include "esb/portal/answers.hpp"

#include "esb/base/json.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/chip/radio.hpp"
#include "esb/net/http_request.hpp"
#include "esb/ota/errors.hpp"
#include "esb/portal/errors.hpp"
#include "esb/settings/json_patch.hpp"
#include "esb/settings/store.hpp"
#include "esb/settings/trial.hpp"

namespace esb::portal {
namespace {

// By the exact error first, then by its room; a value that was refused is the rest.
struct ByKind {
    const ErrorKind* kind;
    unsigned status;
};
constexpr ByKind by_kind[] = {
    {&errors::json_too_large, 413},    {&errors::config_not_object, 400}, {&errors::busy, 409},
    {&errors::config_on_trial, 409},   {&errors::portal_key_hidden, 403}, {&errors::portal_wrong_identity, 403},
    {&errors::ota_nothing_waits, 409}, {&errors::no_memory, 503},         {&errors::settings_not_loaded, 503},
    {&errors::settings_newer, 503},    {&errors::no_entropy, 503},        {&errors::radio_failed, 503},
};
struct ByRoom {
    std::string_view prefix;
    unsigned status;
};
constexpr ByRoom by_room[] = {{"json.", 400}, {"kv.", 503}, {"flash.", 503}};
constexpr unsigned refused_value = 422;

}  // namespace

net::HttpReply generated(const Source& source, unsigned status) {
    net::HttpReply reply;
    reply.status = status;
    reply.content_type = json_type;
    reply.generated = true;
    reply.source = source.number();
    return reply;
}

net::HttpReply empty_object(unsigned status) {
    net::HttpReply reply;
    reply.status = status;
    reply.content_type = json_type;
    reply.body = as_bytes("{}");
    return reply;
}

unsigned status_of(const Error& error) {
    if (error.name().starts_with("web.")) return net::http_status_of(error);
    for (const auto& entry : by_kind) {
        if (error == *entry.kind) return entry.status;
    }
    for (const auto& entry : by_room) {
        if (error.name().starts_with(entry.prefix)) return entry.status;
    }
    return refused_value;
}

net::HttpReply Refusals::refuse(const Error& why, std::string_view setting) {
    latest_ = (latest_ + 1) & Source::argument_mask;
    auto& note = notes_[latest_ % notes_.size()];
    note.argument = latest_;
    note.kind = &why.kind();
    note.setting.clear();
    static_cast<void>(note.setting.assign(setting.substr(0, note.setting.capacity())));
    return generated({Source::Kind::refusal, latest_}, status_of(why));
}

std::size_t Refusals::write(std::uint32_t argument, MutBytes out) const {
    const auto& note = notes_[argument % notes_.size()];
    const bool known = note.argument == argument;
    const auto& kind = known ? *note.kind : errors::busy;
    JsonWriter json(as_chars(out));
    json.begin_object().key("error").text(kind.name).key("why").text(kind.text);
    if (known && !note.setting.empty()) json.key("setting").text(note.setting);
    json.end_object();
    return json.written().size();
}

}  // namespace esb::portal
