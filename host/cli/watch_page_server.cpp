#include "host/cli/watch_page_server.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/json.hpp"
#include "esb/base/secret.hpp"
#include "host/cli/files.hpp"
#include "host/cli/free_ports.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/watch_page_files.hpp"
#include "host/vchip/entropy_posix.hpp"
#include "host/vchip/process_flash.hpp"

#include <cstdlib>
#include <limits>

namespace esb::cli {
namespace {

constexpr std::size_t token_bytes = 16;
constexpr std::int64_t switch_max = 4096;  // of what a switch may say

Outcome<std::string> make_token() {
    std::array<std::uint8_t, token_bytes> bytes;
    vchip::HostEntropy entropy;
    if (const auto filled = entropy.fill(bytes); !filled) return failure("random numbers", filled.error());
    std::string text(2 * token_bytes, '0');
    static_cast<void>(hex_encode(bytes, text));
    return text;
}

// "a=1&b=2": the number behind a name, 0 without.
std::uint64_t query_number(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const auto item = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(item.size() + 1, query.size()));
        const auto mark = item.find('=');
        if (mark == std::string_view::npos || item.substr(0, mark) != name) continue;
        return parse_unsigned(item.substr(mark + 1), 0, std::numeric_limits<std::int64_t>::max()).value_or(0);
    }
    return 0;
}

// The two numbers of [4, 1].
std::optional<std::pair<unsigned, unsigned>> pair_of(const JsonValue& list) {
    if (!list.is_array() || list.size() != 2) return std::nullopt;
    const auto first = list.first().integer(0, switch_max);
    const auto second = list.first().next().integer(0, switch_max);
    if (!first || !second) return std::nullopt;
    return std::pair(static_cast<unsigned>(*first), static_cast<unsigned>(*second));
}

}  // namespace

WatchPage::~WatchPage() {
    server_.stop();
    std::error_code error;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, error);
}

Outcome<void> WatchPage::start(vchip::VchipOptions& chip) {
    auto folder = make_temporary_folder("esb-vchip");
    if (!folder) return std::unexpected(folder.error());
    folder_ = std::move(*folder);
    if (auto done = air_.start(chip.radio, folder_ / "radio.json"); !done) return done;
    chip.radio = (folder_ / "radio.json").string();
    if (chip.pins.empty()) {
        if (auto done = pins_.start(folder_ / "pins"); !done) return done;
        chip.pins = (folder_ / "pins").string();
    }
    const auto size = vchip::flash_file_size(chip.flash, chip.flash_size);
    const auto table = vchip::load_partitions(chip.partitions, size);
    if (!table) return failure("partitions", table.error());
    history_.emplace(table->all(), size);

    auto token = make_token();
    if (!token) return std::unexpected(token.error());
    token_ = std::move(*token);
    const auto ports = free_ports(1);
    if (!ports) return std::unexpected(ports.error());
    const auto port = ports->front();
    host_ = "127.0.0.1:" + std::to_string(port);
    localhost_ = "localhost:" + std::to_string(port);
    hosts_[0] = host_;
    hosts_[1] = localhost_;
    const auto started = server_.start({chip::IpAddress::v4(127, 0, 0, 1), port}, hosts_, body_);
    if (!started) return failure("the page's server", started.error());
    url_ = "http://" + host_ + "/" + token_ + "/";
    return {};
}

net::HttpReply WatchPage::refusal(unsigned status) {
    net::HttpReply reply;
    reply.status = status;
    reply.body = as_bytes(std::string_view("no\n"));
    return reply;
}

// Takes "/TOKEN/" off the path.
bool WatchPage::has_token(std::string_view& path) const {
    if (path.size() < token_.size() + 2 || path.front() != '/' || path[token_.size() + 1] != '/') return false;
    if (!equal_constant_time(as_bytes(path.substr(1, token_.size())), as_bytes(token_))) return false;
    path.remove_prefix(token_.size() + 2);
    return true;
}

net::HttpReply WatchPage::on_request(const net::HttpRequest& request, ConstBytes body) {
    auto path = request.path;
    if (!has_token(path)) return refusal(404);
    if (request.method != net::HttpMethod::post) return get(path, request.query);
    return path == "do" ? post(body) : refusal(404);
}

net::HttpReply WatchPage::get(std::string_view file, std::string_view query) {
    if (file == "live") return json(live_json(query));
    if (file == "flash") return json(history_->flash_json());
    for (const auto& one : watch_page_files) {
        if (one.name != file) continue;
        net::HttpReply reply;
        reply.content_type = one.type;
        reply.body = as_bytes(one.text);
        return reply;
    }
    return refusal(404);
}

net::HttpReply WatchPage::post(ConstBytes body) {
    if (!act(body)) return refusal(422);
    return json("{}");
}

net::HttpReply WatchPage::json(std::string text) {
    auto& place = replies_[next_reply_];
    next_reply_ = (next_reply_ + 1) % replies_.size();
    place = std::move(text);
    net::HttpReply reply;
    reply.content_type = "application/json";
    reply.body = as_bytes(place);
    return reply;
}

std::string WatchPage::live_json(std::string_view query) const {
    auto serial = query_number(query, "serial");
    const auto text = history_->serial_after(serial);
    const auto told = json_text([&](JsonWriter& json) {
        json.begin_object().key("power").boolean(power());
        json.key("line").number(static_cast<std::int64_t>(history_->lines_end()));
        json.key("serial").number(static_cast<std::int64_t>(serial)).key("text").text(text);
        json.key("air").raw(air_.json()).key("pins").raw(pins_.json());
        json.key("lines").raw(history_->lines_after(query_number(query, "line"))).end_object();
    });
    return told.text();
}

// One switch a request: {"power":false}, {"type":"help\n"}, {"air":false}, {"network":[0,1]}, {"phone":true},
// {"button":true}, {"pin":[4,1]}, {"adc":[0,512]}.
bool WatchPage::act(ConstBytes body) {
    const auto document = JsonDocument::parse(body, {.max_size = body_.size(), .max_depth = 2});
    if (!document || !document->root().is_object() || document->root().size() != 1) return false;
    const auto value = document->root().first();
    const auto name = value.name();
    if (name == "type") {
        const auto text = value.text();
        if (text && on_type) on_type(*text);
        return text.has_value();
    }
    if (name == "network" || name == "pin" || name == "adc") {
        const auto pair = pair_of(value);
        if (!pair) return false;
        if (name == "network") return air_.set_network(pair->first, pair->second != 0);
        return name == "pin" ? pins_.set_pin(pair->first, pair->second != 0) : pins_.set_adc(pair->first, pair->second);
    }
    const auto on = value.boolean();
    if (!on) return false;
    if (name == "power") {
        if (on_power) on_power(*on);
        return true;
    }
    if (name == "air") return air_.set_on(*on);
    if (name == "phone") return air_.set_phone(*on);
    return name == "button" && air_.set_button(*on);
}

}  // namespace esb::cli
