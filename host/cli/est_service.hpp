// What `esb ca serve` answers (RFC 7030): the authority's certificate, first and further certificates of devices.
#pragma once

#include "host/cli/authority.hpp"
#include "host/cli/est_request.hpp"

#include <string>

namespace esb::cli {

struct EstAnswer {
    unsigned status = 200;
    std::string body;   // of 200: base64 of a PKCS #7; otherwise a line of words
    std::string event;  // for the operator: what happened; empty: nothing that matters
};

// `peer`: the certificate that TLS has proved to be the other side's, by this authority; null: there is none.
EstAnswer answer_est(const Authority& authority, const EstRequest& request, const CertificateFacts* peer);
EstAnswer refuse_est(unsigned status);
// The whole of it, as it goes to the client.
std::string http_text(const EstAnswer& answer);

}  // namespace esb::cli
