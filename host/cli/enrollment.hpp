// Who may have a certificate without a person at the authority's terminal: whoever holds one already, or was invited.
// Invitations are secrets for one device and one key.
#pragma once

#include "host/cli/authority.hpp"

#include <string>
#include <string_view>

namespace esb::cli {

inline constexpr unsigned invitation_hours = 168;

// Makes a secret for a device's first certificate, 128 random bits; only its hash is kept. An earlier one for the same
// device is worth nothing any more.
Outcome<std::string> invite(const Authority& authority, const std::string& identity, unsigned hours = invitation_hours);

// simpleenroll with the secret. The first request's key is the only one from then on: asked again by a device whose
// answer was lost, the secret gives another certificate for that key and for no other, until its time is over.
Outcome<CertificateFacts> enroll_invited(const Authority& authority, std::string_view identity, std::string_view secret,
                                         const CertificateRequest& request);
// simpleenroll or simplereenroll with a certificate of this authority that has been proved to be the peer's: good in
// the index, a device's, and for the same subject.
Outcome<CertificateFacts> enroll_again(const Authority& authority, const CertificateFacts& peer,
                                       const CertificateRequest& request);

}  // namespace esb::cli
