#include "esb/portal/site.hpp"

#include "esb/net/http_request.hpp"
#include "esb/portal/api_networks.hpp"
#include "esb/portal/api_settings.hpp"
#include "esb/portal/api_state.hpp"
#include "esb/portal/pages.hpp"

#include <algorithm>

namespace esb::portal {
namespace {

constexpr std::string_view upload_path = "/api/update";
constexpr std::size_t log_line_max = 160;

struct List {
    std::string_view path;
    Source::Kind kind;
};
constexpr List lists[] = {{"/api/state", Source::Kind::state},
                          {"/api/networks", Source::Kind::networks},
                          {"/api/settings", Source::Kind::settings},
                          {"/api/log", Source::Kind::log}};

// The answer is one piece.
template <typename Write>
std::size_t once(std::uint32_t& cursor, const Write& write) {
    return cursor++ == 0 ? write() : 0;
}

}  // namespace

net::HttpReply Site::on_request(const net::HttpRequest& request, ConstBytes body) {
    if (request.method == net::HttpMethod::post) {
        host_.page_used();
        return actions_.run(request.path, body);
    }
    const auto reply = find(request.path);
    if (!reply) return refusals_.refuse(Error(errors::web_not_found));
    host_.page_served();
    return *reply;
}

std::optional<net::HttpReply> Site::find(std::string_view path) {
    const auto* list =
        std::find_if(std::begin(lists), std::end(lists), [path](const List& l) { return l.path == path; });
    if (list != std::end(lists)) {
        auto reply = generated({list->kind});
        if (list->kind == Source::Kind::log) reply.content_type = "text/plain; charset=utf-8";
        return reply;
    }
    for (const auto& page : pages()) {
        if (page.path != path) continue;
        net::HttpReply reply;
        reply.content_type = page.content_type;
        reply.body = page.gzip;
        reply.gzip = true;
        return reply;
    }
    return std::nullopt;
}

net::HttpReply Site::on_foreign_host(const net::HttpRequest& request) {
    return probes_.answer(request, attempt_.state() == Attempt::State::done);
}

std::size_t Site::on_more(std::uint32_t source, std::uint32_t& cursor, MutBytes out) {
    const auto from = Source::of(source);
    switch (from.kind) {
        case Source::Kind::state:
            return write_state(host_, attempt_, cursor, out);
        case Source::Kind::networks:
            return write_networks(host_, cursor, out);
        case Source::Kind::settings:
            return write_settings(host_, cursor, out);
        case Source::Kind::log:
            return write_log(cursor, out);
        case Source::Kind::key:
            return once(cursor, [&] { return write_key(host_, out); });
        case Source::Kind::changed:
            return once(cursor, [&] { return write_changed(from.argument, out); });
        case Source::Kind::tried:
            return once(cursor, [&] { return write_tried(from.argument, out); });
        case Source::Kind::request:
            return once(cursor, [&] { return write_request(host_, out); });
        case Source::Kind::refusal:
            return once(cursor, [&] { return refusals_.write(from.argument, out); });
    }
    return 0;
}

// As many lines as fit.
std::size_t Site::write_log(std::uint32_t& cursor, MutBytes out) const {
    std::size_t size = 0;
    while (out.size() - size > log_line_max) {
        const auto line = host_.log_line(cursor, as_chars(out.subspan(size, log_line_max)));
        if (line.empty()) break;
        copy(as_bytes(line), out.subspan(size));
        size += line.size();
        out[size++] = '\n';
    }
    return size;
}

std::optional<net::HttpReply> Site::on_upload(const net::HttpRequest& request) {
    if (request.path != upload_path) return refusals_.refuse(Error(errors::web_content_type));
    if (const auto begun = host_.uploads().begin_upload(request.content_length); !begun) return refusals_.refuse(begun.error());
    return std::nullopt;
}

std::optional<net::HttpReply> Site::on_upload_piece(ConstBytes piece) {
    if (const auto taken = host_.uploads().upload_piece(piece); !taken) return refusals_.refuse(taken.error());
    return std::nullopt;
}

net::HttpReply Site::on_upload_end() {
    const auto done = host_.uploads().end_upload();
    return done ? empty_object(202) : refusals_.refuse(done.error());
}

void Site::on_upload_lost() { host_.uploads().upload_lost(); }

}  // namespace esb::portal
