#include "esb/device/est_client.hpp"

#include "esb/base/pem.hpp"
#include "esb/crypto/pkcs7.hpp"

#include <new>

namespace esb {

Status EstClient::ask(std::string_view server, ConstBytes request, EnrollListener& listener) {
    if (active()) return fail(errors::busy);
    work_.reset(new (std::nothrow) Work);
    if (!work_) return fail(errors::no_memory);
    listener_ = &listener;
    FixedString<320> url;
    Status done = url.append(server);
    if (done) done = url.append("/.well-known/est/simplereenroll");
    std::array<char, 768> text;
    const auto body = encode_base64(request, text);
    if (done && !body) done = fail(body.error());
    if (done) done = work_->body.assign(*body);
    http_.use_trust(&credentials_, entropy_);
    if (done) done = http_.post(url, "application/pkcs10", work_->body, *this);
    if (!done) cancel();
    return done;
}

void EstClient::cancel() {
    http_.cancel();
    http_.release();
    work_.reset();
}

Status EstClient::on_body(ConstBytes piece) {
    if (piece.size() > work_->text.size() - work_->size) return fail(errors::too_long);
    copy(piece, {reinterpret_cast<std::uint8_t*>(work_->text.data()) + work_->size, piece.size()});
    work_->size += piece.size();
    return {};
}

Result<ConstBytes> EstClient::read() {
    const auto message = decode_base64({work_->text.data(), work_->size}, work_->message);
    return message ? crypto::read_pkcs7_certificates(*message, work_->certificates) : message;
}

// The memory is given back at the next ask() or cancel(): this may be a call of the parser.
void EstClient::on_done(Status outcome) {
    listener_->on_enrolled(outcome ? read() : Result<ConstBytes>(fail(outcome.error())));
}

}  // namespace esb
