// What the network code can fail with.
#pragma once

#include "esb/base/result.hpp"

namespace esb::errors {
inline constexpr ErrorKind url_bad{"url.bad", "this is not a URL"};  // detail: a net::UrlRule
inline constexpr ErrorKind url_scheme{"url.scheme", "only http and https URLs are possible"};
inline constexpr ErrorKind url_host{"url.host", "a host that ends in a number must be a usable IPv4 address: a.b.c.d"};

inline constexpr ErrorKind tls_bad_psk{"tls.bad_psk", "the other side does not know this identity or its key differs"};
inline constexpr ErrorKind tls_no_common_suite{"tls.no_common_suite",
                                               "the other side offers no acceptable cipher suite"};
inline constexpr ErrorKind tls_alert{"tls.alert", "the other side ended TLS with an alert"};  // detail: its number
inline constexpr ErrorKind tls_protocol{"tls.protocol",
                                        "the other side broke the TLS protocol"};  // detail: Mbed TLS's code, negated
inline constexpr ErrorKind tls_handshake_timeout{"tls.handshake_timeout",
                                                 "the TLS handshake took too long (is this the TLS port?)"};
inline constexpr ErrorKind tls_not_tls{"tls.not_tls", "what answers there does not speak TLS (is this the TLS port?)"};
inline constexpr ErrorKind tls_truncated{"tls.truncated", "the other side closed the connection without TLS's goodbye"};
inline constexpr ErrorKind tls_setup{"tls.setup", "TLS could not be set up"};
// What is wrong with a certificate; detail: Mbed TLS's flags, all of them.
inline constexpr ErrorKind tls_unknown_authority{"tls.unknown_authority",
                                                 "no authority that is trusted here has signed the other side's certificate"};
inline constexpr ErrorKind tls_pin_mismatch{"tls.pin_mismatch", "the other side's public key is not the pinned one"};
inline constexpr ErrorKind tls_wrong_name{"tls.wrong_name", "the other side's certificate is for another host name"};
inline constexpr ErrorKind tls_expired{"tls.expired", "the other side's certificate has expired"};
inline constexpr ErrorKind tls_not_yet_valid{"tls.not_yet_valid", "the other side's certificate is not valid yet"};
inline constexpr ErrorKind tls_key_usage{"tls.key_usage", "the other side's certificate is not for a TLS server"};
inline constexpr ErrorKind tls_weak{"tls.weak", "the other side's certificate has a key or a signature that is too weak"};
inline constexpr ErrorKind tls_chain_too_long{"tls.chain_too_long", "the other side sends more than 4 KB of certificates"};
inline constexpr ErrorKind tls_certificate{"tls.certificate", "the other side's certificate is malformed"};
inline constexpr ErrorKind tls_client_refused{
    "tls.client_refused", "the other side does not accept this side's certificate, or wants one"};  // detail: the alert
inline constexpr ErrorKind tls_credentials{"tls.credentials", "the certificates or the key that are set here are unusable"};

inline constexpr ErrorKind http_malformed{"http.malformed", "the web server's answer is malformed"};
inline constexpr ErrorKind http_tls{"http.tls", "the web server speaks TLS there: another port, or https"};
inline constexpr ErrorKind http_status{"http.status", "the web server refuses the request"};  // detail: status code
inline constexpr ErrorKind http_header_too_large{"http.header_too_large", "the web server's header is too large"};
inline constexpr ErrorKind http_range{"http.range", "the web server's range is not the one asked for"};
inline constexpr ErrorKind http_truncated{"http.truncated", "the web server ended too early"};
inline constexpr ErrorKind http_encoded{"http.encoded", "the web server sends the file in a coded form"};
inline constexpr ErrorKind http_changed{"http.changed", "the file at the web server has changed meanwhile"};
inline constexpr ErrorKind http_slow{"http.slow", "the web server is too slow"};
inline constexpr ErrorKind http_silent{"http.silent", "the web server has fallen silent"};
inline constexpr ErrorKind http_redirects{"http.redirects", "the web server redirects too often, or in a circle"};
inline constexpr ErrorKind http_location{"http.location", "the web server redirects to what is no usable URL"};
inline constexpr ErrorKind http_downgrade{"http.downgrade", "the web server redirects from https to http"};
inline constexpr ErrorKind http_https{"http.https", "https needs an authority to trust, and none is set"};

inline constexpr ErrorKind web_malformed{"web.malformed", "the request is malformed"};
inline constexpr ErrorKind web_version{"web.version", "only HTTP/1.0 and HTTP/1.1 are spoken here"};
inline constexpr ErrorKind web_method{"web.method", "only GET, HEAD and POST are possible"};
inline constexpr ErrorKind web_target_too_long{"web.target_too_long", "the address is too long"};
inline constexpr ErrorKind web_target{"web.target", "the address is not a clean path"};
inline constexpr ErrorKind web_header_too_large{"web.header_too_large", "the request's header is too large"};
inline constexpr ErrorKind web_header{"web.header", "a header of the request is not valid or repeated"};
inline constexpr ErrorKind web_host_missing{"web.host_missing", "the request names no host"};
inline constexpr ErrorKind web_host{"web.host", "this device does not answer under that name"};
inline constexpr ErrorKind web_origin{"web.origin", "the request comes from another site's page"};
inline constexpr ErrorKind web_own_header{"web.own_header", "the request was not made by this device's page"};
inline constexpr ErrorKind web_content_type{"web.content_type", "the body has the wrong type"};
inline constexpr ErrorKind web_transfer_coding{"web.transfer_coding", "transfer codings are not accepted"};
inline constexpr ErrorKind web_length{"web.length", "the length of the body is not valid"};
inline constexpr ErrorKind web_length_missing{"web.length_missing", "the length of the body is missing"};
inline constexpr ErrorKind web_body_unexpected{"web.body_unexpected", "this request may not have a body"};
inline constexpr ErrorKind web_body_too_large{"web.body_too_large", "the body is too large"};
inline constexpr ErrorKind web_too_slow{"web.too_slow", "the request took too long"};
inline constexpr ErrorKind web_busy{"web.busy", "another request of this kind is under way"};
inline constexpr ErrorKind web_not_found{"web.not_found", "there is no such page"};

inline constexpr ErrorKind dns_bad_query{"dns.bad_query", "this is not a name server query"};

inline constexpr ErrorKind sntp_malformed{"sntp.malformed", "the time server's answer is not one"};
inline constexpr ErrorKind sntp_foreign{"sntp.foreign", "the answer is not to our question"};
inline constexpr ErrorKind sntp_unsynchronized{"sntp.unsynchronized", "the time server does not know the time"};
inline constexpr ErrorKind sntp_too_often{"sntp.too_often", "the time server wants to be asked less often"};
inline constexpr ErrorKind sntp_denied{"sntp.denied", "the time server does not serve us"};
}  // namespace esb::errors

namespace esb::net {
// In the order of their definition.
inline constexpr const ErrorKind* all_errors[] = {
    &errors::url_bad,
    &errors::url_scheme,
    &errors::url_host,
    &errors::tls_bad_psk,
    &errors::tls_no_common_suite,
    &errors::tls_alert,
    &errors::tls_protocol,
    &errors::tls_handshake_timeout,
    &errors::tls_not_tls,
    &errors::tls_truncated,
    &errors::tls_setup,
    &errors::tls_unknown_authority,
    &errors::tls_pin_mismatch,
    &errors::tls_wrong_name,
    &errors::tls_expired,
    &errors::tls_not_yet_valid,
    &errors::tls_key_usage,
    &errors::tls_weak,
    &errors::tls_chain_too_long,
    &errors::tls_certificate,
    &errors::tls_client_refused,
    &errors::tls_credentials,
    &errors::http_malformed,
    &errors::http_tls,
    &errors::http_status,
    &errors::http_header_too_large,
    &errors::http_range,
    &errors::http_truncated,
    &errors::http_encoded,
    &errors::http_changed,
    &errors::http_slow,
    &errors::http_silent,
    &errors::http_redirects,
    &errors::http_location,
    &errors::http_downgrade,
    &errors::http_https,
    &errors::web_malformed,
    &errors::web_version,
    &errors::web_method,
    &errors::web_target_too_long,
    &errors::web_target,
    &errors::web_header_too_large,
    &errors::web_header,
    &errors::web_host_missing,
    &errors::web_host,
    &errors::web_origin,
    &errors::web_own_header,
    &errors::web_content_type,
    &errors::web_transfer_coding,
    &errors::web_length,
    &errors::web_length_missing,
    &errors::web_body_unexpected,
    &errors::web_body_too_large,
    &errors::web_too_slow,
    &errors::web_busy,
    &errors::web_not_found,
    &errors::dns_bad_query,
    &errors::sntp_malformed,
    &errors::sntp_foreign,
    &errors::sntp_unsynchronized,
    &errors::sntp_too_often,
    &errors::sntp_denied,
};
}  // namespace esb::net
