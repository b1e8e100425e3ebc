#include "host/cli/est_service.hpp"

#include "host/cli/der.hpp"
#include "host/cli/enrollment.hpp"

namespace esb::cli {
namespace {

constexpr std::string_view folder = "/.well-known/est/";

std::string_view reason(unsigned status) {
    switch (status) {
        case 200:
            return "OK";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 411:
            return "Length Required";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 431:
            return "Request Header Fields Too Large";
        case 501:
            return "Not Implemented";
        default:
            return "Internal Server Error";
    }
}

EstAnswer refused(unsigned status, const std::string& why, std::string event = {}) {
    return {status, why + '\n', std::move(event)};
}

EstAnswer certificates(const std::vector<std::string>& ders, std::string event = {}) {
    return {200, der::base64_lines(certificates_only(ders)), std::move(event)};
}

EstAnswer enroll(const Authority& authority, const EstRequest& request, const CertificateFacts* peer, bool again) {
    if (request.content_type != "application/pkcs10") return refused(415, "the body must be application/pkcs10");
    if (again && peer == nullptr) return refused(403, "a good certificate of this authority is needed");
    if (peer == nullptr && request.password.empty())
        return refused(401, "a certificate or a one-time secret is needed");
    const auto wanted = read_request(base64_bytes(request.body));
    if (!wanted) return refused(400, wanted.error().line);
    const auto made = peer != nullptr ? enroll_again(authority, *peer, *wanted)
                                      : enroll_invited(authority, request.user, request.password, *wanted);
    if (!made) {
        // Who has proved nothing is told nothing.
        const auto status = peer != nullptr ? 403U : 401U;
        return refused(status, peer != nullptr ? made.error().line : "refused",
                       "refused " + wanted->subject + ": " + made.error().line);
    }
    return certificates({made->der}, "signed " + made->subject + ", serial " + serial_text(made->serial));
}

}  // namespace

EstAnswer refuse_est(unsigned status) { return refused(status, std::string(reason(status))); }

EstAnswer answer_est(const Authority& authority, const EstRequest& request, const CertificateFacts* peer) {
    std::string_view what = request.target;
    if (!what.starts_with(folder)) return refused(404, "EST is at /.well-known/est/");
    what.remove_prefix(folder.size());
    const bool again = what == "simplereenroll";
    const bool get = what == "cacerts";
    if (!get && !again && what != "simpleenroll")
        return refused(404, "cacerts, simpleenroll and simplereenroll are what there is");
    if ((request.method == "GET") != get) return refuse_est(405);
    if (get) return certificates({authority.certificate().der});
    return enroll(authority, request, peer, again);
}

std::string http_text(const EstAnswer& answer) {
    std::string text = "HTTP/1.1 " + std::to_string(answer.status) + ' ' + std::string(reason(answer.status)) + "\r\n";
    if (answer.status == 200) {
        text += "Content-Type: application/pkcs7-mime; smime-type=certs-only\r\nContent-Transfer-Encoding: base64\r\n";
    } else {
        text += "Content-Type: text/plain\r\n";
    }
    if (answer.status == 401) text += "WWW-Authenticate: Basic realm=\"esb ca\"\r\n";
    text += "Cache-Control: no-store\r\nConnection: close\r\nContent-Length: " + std::to_string(answer.body.size());
    return text + "\r\n\r\n" + answer.body;
}

}  // namespace esb::cli
