// What a web site of the device is to the server: requests in, replies out. The set-up portal is one.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace esb::net {

enum class HttpMethod : std::uint8_t { get, head, post };
// What the body of a POST is, by its Content-Type: application/json or application/octet-stream.
enum class HttpContent : std::uint8_t { none, json, octets };

// A request whose head is whole and lawful. The views hold during the call that hands it over.
struct HttpRequest {
    HttpMethod method = HttpMethod::get;
    HttpContent content = HttpContent::none;
    bool ours = false;  // the Host is one of ours
    bool http_1_0 = false;
    std::string_view host;   // as sent, port included unless it is the usual one
    std::string_view path;   // ours: '/' and clean segments of [A-Za-z0-9._~-]; otherwise any visible ASCII
    std::string_view query;  // behind '?', not decoded
    std::uint32_t content_length = 0;
    bool expects_continue = false;  // the body comes when it has been asked for
};

struct HttpReply {
    unsigned status = 200;
    std::string_view content_type = "text/plain; charset=utf-8";
    // Sent as it is, without a copy: must stay as it is until the connection is over (constant memory).
    ConstBytes body{};
    bool gzip = false;            // the body is compressed already
    std::string_view location{};  // of a redirect; copied
    // Instead of `body`: HttpSite::on_more() makes it, piece by piece.
    bool generated = false;
    std::uint32_t source = 0;  // told to on_more()
};

// Called from the reactor's task. The server may be neither stopped nor destroyed from within.
class HttpSite {
public:
    virtual ~HttpSite() = default;

    // Our Host: a GET or HEAD, or a POST with its JSON `body` whole (not yet scanned, gone after the call). A POST has
    // the header `X-ESB: 1`, and its Origin, if it has one, is ours.
    virtual HttpReply on_request(const HttpRequest& request, ConstBytes body) = 0;
    // A GET or HEAD to a name that is not ours: somebody wants the Internet. Nothing of the device may be told.
    virtual HttpReply on_foreign_host(const HttpRequest& request) = 0;
    // Writes the next piece of a generated body and returns its size; 0 ends the body. `out` has at least 512 bytes.
    // `cursor` begins as 0, is the site's own and kept for it between the calls.
    virtual std::size_t on_more(std::uint32_t source, std::uint32_t& cursor, MutBytes out) = 0;

    // A POST of octets begins: request.content_length bytes will come. A reply refuses it. One at a time.
    virtual std::optional<HttpReply> on_upload(const HttpRequest& request) = 0;
    // At most 768 bytes. A reply ends the upload, refused.
    virtual std::optional<HttpReply> on_upload_piece(ConstBytes piece) = 0;
    // All bytes have come.
    virtual HttpReply on_upload_end() = 0;
    // They will not come any more. Follows neither on_upload_end() nor a refusal.
    virtual void on_upload_lost() = 0;
};

inline constexpr std::uint16_t http_default_port = 80;

// The exact values of Host that are ours, such as "4.3.2.1". At port 80, ":80" behind one of them changes nothing (RFC
// 9110 §4.2.3); at another port the values name it.
using HttpHosts = std::span<const std::string_view>;

}  // namespace esb::net
