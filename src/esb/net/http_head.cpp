#include "esb/net/http_head.hpp"

#include "esb/base/encoding.hpp"

namespace esb::net {
namespace {

struct Reason {
    unsigned status;
    std::string_view text;
};
constexpr Reason reasons[] = {
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Content"},
    {302, "Found"},
    {303, "See Other"},
    {400, "Bad Request"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

std::string_view reason_of(unsigned status) {
    for (const auto& reason : reasons) {
        if (reason.status == status) return reason.text;
    }
    return "Other";
}

}  // namespace

ConstBytes write_http_head(const HttpReply& reply, bool chunked, MutBytes out) {
    ByteWriter head(out);
    head.text("HTTP/1.1 ").text(decimal(reply.status)).text(" ").text(reason_of(reply.status)).text("\r\n");
    head.text("Content-Type: ").text(reply.content_type).text("\r\n");
    if (chunked) {
        head.text("Transfer-Encoding: chunked\r\n");
    } else if (!reply.generated) {
        head.text("Content-Length: ").text(decimal(reply.body.size())).text("\r\n");
    }
    if (reply.gzip) head.text("Content-Encoding: gzip\r\n");
    if (!reply.location.empty()) head.text("Location: ").text(reply.location).text("\r\n");
    if (reply.status == 405) head.text("Allow: GET, HEAD, POST\r\n");
    head.text(http_security_headers).text("\r\n");
    if (!head.overflowed()) return head.written();
    ByteWriter bare(out);
    bare.text("HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    return bare.written();
}

}  // namespace esb::net
