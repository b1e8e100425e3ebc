#include "esb/net/tls_resumption.hpp"

#include "esb/net/tls_library.hpp"

#include <algorithm>

namespace esb::net {

void TlsResumption::begin(mbedtls_ssl_context& ssl, TlsCredentials& credentials, const SessionBinding& binding) {
    binding_ = binding;
    offered_ = resumed_ = wanted_ = false;
    const auto clock = credentials.time();
    dated_ = clock.exact;
    const TlsSessionStore store(credentials.session_room());
    const auto found = clock.exact ? store.find(binding, clock.time) : fail(errors::not_found);
    if (!found) return;
    until_ = found->until;
    offered_ = offer_session(ssl, found->bytes);
    store.forget();
}

bool TlsResumption::end(std::optional<UnixTime> checked_until) {
    resumed_ = offered_ && !checked_until;
    wanted_ = true;
    if (checked_until) until_ = *checked_until;
    return checked_until || offered_;
}

void TlsResumption::keep(const mbedtls_ssl_context& ssl, TlsCredentials& credentials) {
    if (!wanted_) return;
    wanted_ = offered_ = false;
    const auto clock = credentials.time();
    TlsSessionStore store(credentials.session_room());
    if (!dated_ || !clock.exact || store.place().empty()) return;
    const auto saved = save_session(ssl, store.place());
    const auto lasts = saved.lifetime.count() > 0 ? std::min(saved.lifetime, longest_session) : longest_session;
    const auto until = resumed_ ? until_ : std::min(until_, clock.time + lasts);
    // One without a ticket, or too long for its place, is not kept.
    if (saved.size == 0 || !store.keep(binding_, until, saved.size)) store.forget();
}

}  // namespace esb::net
