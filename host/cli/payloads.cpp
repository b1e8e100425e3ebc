#include "host/cli/payloads.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/identity.hpp"
#include "esb/net/url.hpp"
#include "esb/ota/envelope.hpp"
#include "esb/ota/manifest.hpp"
#include "host/cli/json_text.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>

namespace esb::cli {
namespace {

Outcome<void> check_devices(const std::vector<std::string>& devices) {
    if (devices.size() > ota::max_devices) {
        return failure("at most " + std::to_string(ota::max_devices) + " devices fit into one envelope");
    }
    for (const auto& device : devices) {
        if (!make_identity(device)) return failure("'" + device + "' is not an identity");
    }
    return {};
}

void write_devices(JsonWriter& json, const std::vector<std::string>& devices) {
    json.key("dev").begin_array();
    for (const auto& device : devices) json.text(device);
    json.end_array();
}

// What the device, whose own check this is, says with a number.
std::string url_rule(const Error& why) {
    if (why == errors::url_scheme) return "the scheme is neither http nor https";
    if (why == errors::url_host) return "127.1, 0x7f000001 and the like are not taken for addresses, nor is 0.0.0.0";
    switch (static_cast<net::UrlRule>(why.detail())) {
        case net::UrlRule::form:
            return "no scheme://host/path";
        case net::UrlRule::too_long:
            return "longer than " + std::to_string(net::max_url) + " bytes";
        case net::UrlRule::control:
            return "a control character";
        case net::UrlRule::blank:
            return "a space; write %20";
        case net::UrlRule::not_ascii:
            return "a character that is not ASCII; write its UTF-8 bytes as %xx, a host name in Punycode";
        case net::UrlRule::user_info:
            return "user name or password before the host";
        case net::UrlRule::fragment:
            return "a fragment (#...)";
        case net::UrlRule::ipv6:
            return "an IPv6 address; devices take names and IPv4 addresses";
        case net::UrlRule::empty_host:
            return "no host";
        case net::UrlRule::host:
            return "the host is neither a name nor an IPv4 address";
        case net::UrlRule::port:
            return "the port is not a number from 1 to 65535";
        case net::UrlRule::escape:
            return "a % without two hex digits";
        case net::UrlRule::character:
            return "a character that a path or a query cannot have";
    }
    return "no URL";
}

Outcome<void> check_urls(const std::vector<std::string>& urls) {
    if (urls.empty() || urls.size() > ota::max_urls) {
        return failure("give 1 to " + std::to_string(ota::max_urls) + " URLs");
    }
    for (const auto& url : urls) {
        if (const auto parsed = net::parse_url(url); !parsed) {
            return failure("'" + url + "': " + url_rule(parsed.error()), parsed.error());
        }
    }
    return {};
}

Outcome<std::int64_t> relative(const std::string& text, std::int64_t now) {
    const char unit = text.back();
    const auto count = parse_unsigned(std::string_view(text).substr(1, text.size() - 2), 1, 36500);
    if (!count || (unit != 'd' && unit != 'h')) return failure("'" + text + "' is not a span such as +30d or +12h");
    return now + static_cast<std::int64_t>(*count) * (unit == 'd' ? 86400 : 3600);
}

std::optional<std::int64_t> date(const std::string& text) {
    for (const char* form : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"}) {
        std::tm parts{};
        const char* end = ::strptime(text.c_str(), form, &parts);
        if (end == nullptr || *end != '\0') continue;
        const int day = parts.tm_mday;
        const auto seconds = ::timegm(&parts);  // turns the 31st of a short month into the 1st of the next
        if (parts.tm_mday != day) return std::nullopt;
        return seconds;
    }
    return std::nullopt;
}

void write_form_urls(JsonWriter& json, const std::vector<std::string>& urls, const std::string& suffix) {
    std::string all;
    for (const auto& url : urls) all += (all.empty() ? "" : " ") + url_of_form(url, suffix);
    json.key("url").text(all);
}

void write_forms(JsonWriter& json, const UpdateRequest& request) {
    bool has_differences = false;
    for (const auto& form : request.forms) {
        has_differences = has_differences || form.old;
        if (form.old) continue;
        json.key("z").begin_object().key("size").number(static_cast<std::int64_t>(form.file.bytes.size()));
        write_form_urls(json, request.urls, form.suffix());
        json.end_object();
    }
    if (!has_differences) return;
    json.key("from").begin_array();
    for (const auto& form : request.forms) {
        if (!form.old) continue;
        json.begin_object().key("sha256").text(hex_text(form.old->sha256));
        json.key("size").number(form.old->size).key("seq").number(form.old->seq);
        json.key("packed").number(static_cast<std::int64_t>(form.file.bytes.size()));
        write_form_urls(json, request.urls, form.suffix());
        json.end_object();
    }
    json.end_array();
}

void write_data(JsonWriter& json, const UpdateRequest& request) {
    if (request.data.empty()) return;
    json.key("data").begin_array();
    for (const auto& file : request.data) {
        json.begin_object().key("part").text(file.part).key("size").number(static_cast<std::int64_t>(file.bytes.size()));
        json.key("sha256").text(hex_text(crypto::sha256(as_bytes(file.bytes)))).key("url").begin_array();
        for (const auto& url : request.urls) json.text(url_of_form(url, file.suffix()));
        json.end_array().end_object();
    }
    json.end_array();
}

// Of all the files that lie beside the image.
std::vector<std::string> suffixes(const UpdateRequest& request) {
    std::vector<std::string> all;
    for (const auto& form : request.forms) all.push_back(form.suffix());
    for (const auto& file : request.data) all.push_back(file.suffix());
    return all;
}

}  // namespace

Outcome<std::string> update_payload(const UpdateRequest& request) {
    if (auto good = check_urls(request.urls); !good) return std::unexpected(good.error());
    if (auto good = check_devices(request.devices); !good) return std::unexpected(good.error());
    if (request.floor > request.image.seq) {
        return failure("the floor " + std::to_string(request.floor) + " is above the image's own seq " +
                       std::to_string(request.image.seq));
    }
    if (const auto good = ota::check_hash(request.image.sha256); !good) return failure("the image", good.error());
    for (const auto& file : request.data) {
        const auto good = ota::check_hash(crypto::sha256(as_bytes(file.bytes)));
        if (!good) return failure(file.part, good.error());
    }
    for (const auto& suffix : suffixes(request)) {
        for (const auto& url : request.urls) {
            if (auto good = check_urls({url_of_form(url, suffix)}); !good) return std::unexpected(good.error());
        }
    }
    return json_text([&request](JsonWriter& json) {
        json.begin_object();
        json.key("app").text(request.image.app).key("hw").text(request.image.hw).key("ver").text(request.image.ver);
        json.key("seq").number(request.image.seq).key("floor").number(request.floor);
        json.key("size").number(request.image.size).key("sha256").text(hex_text(request.image.sha256));
        json.key("url").begin_array();
        for (const auto& url : request.urls) json.text(url);
        json.end_array();
        if (!request.devices.empty()) write_devices(json, request.devices);
        if (request.expires) json.key("exp").number(*request.expires);
        if (!request.encryption.empty()) json.key("enc").raw(request.encryption);
        write_forms(json, request);
        write_data(json, request);
        json.end_object();
    });
}

Outcome<std::string> command_payload(const CommandRequest& request) {
    if (request.command != "rollback" && request.command != "confirm" && request.command != "cancel") {
        return failure("a command is rollback, confirm or cancel");
    }
    if (request.devices.empty()) return failure("a command names its devices");
    if (auto good = check_devices(request.devices); !good) return std::unexpected(good.error());
    return json_text([&request](JsonWriter& json) {
        json.begin_object().key("cmd").text(request.command);
        write_devices(json, request.devices);
        json.key("ctr").number(request.counter).end_object();
    });
}

Outcome<std::string> config_payload(const std::string& device, std::uint32_t counter, const std::string& set) {
    if (auto good = check_devices({device}); !good) return std::unexpected(good.error());
    return json_text([&](JsonWriter& json) {
        json.begin_object();
        write_devices(json, {device});
        json.key("ctr").number(counter).key("set").raw(set).end_object();
    });
}

Outcome<std::string> keys_payload(std::uint32_t version, const std::vector<std::string>& keys) {
    if (keys.empty() || keys.size() > ota::max_keys) {
        return failure("a key set holds 1 to " + std::to_string(ota::max_keys) + " keys");
    }
    for (const auto& key : keys) {
        if (!ota::parse_key(key)) return failure("'" + key + "' is not a public key x.y");
        if (std::count(keys.begin(), keys.end(), key) != 1) return failure("'" + key + "' is there twice");
    }
    return json_text([&](JsonWriter& json) {
        json.begin_object().key("ver").number(version).key("keys").begin_array();
        for (const auto& key : keys) {
            const auto dot = key.find('.');
            json.begin_object().key("kty").text("EC").key("crv").text("P-256");
            json.key("x").text(key.substr(0, dot)).key("y").text(key.substr(dot + 1)).end_object();
        }
        json.end_array().end_object();
    });
}

Outcome<std::int64_t> parse_expiry(const std::string& text, std::int64_t now) {
    Outcome<std::int64_t> expiry = failure("'" + text + "' is not a time: +30d, 2027-01-31, 2027-01-31T12:00:00Z");
    if (text.size() > 2 && text.front() == '+') {
        expiry = relative(text, now);
    } else if (const auto seconds = parse_unsigned(text, 0, 1ULL << 40); seconds) {
        expiry = static_cast<std::int64_t>(*seconds);
    } else if (const auto at = date(text); at) {
        expiry = *at;
    }
    if (expiry && *expiry <= now) return failure("'" + text + "' is in the past");
    return expiry;
}

Outcome<std::string> envelope_id(std::string_view envelope) {
    const auto first = envelope.find('.');
    const auto second = first == std::string_view::npos ? first : envelope.find('.', first + 1);
    if (second == std::string_view::npos) return failure("this is not an envelope");
    if (envelope.size() > ota::envelope_max) return failure("the envelope is larger than a device accepts");
    std::vector<std::uint8_t> payload(ota::envelope_max);
    const auto decoded = base64url_decode(envelope.substr(first + 1, second - first - 1), payload);
    if (!decoded) return failure("this is not an envelope");
    return hex_text(crypto::sha256(*decoded)).substr(0, 16);
}

}  // namespace esb::cli
