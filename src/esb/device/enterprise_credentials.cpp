#include "esb/device/enterprise_credentials.hpp"

namespace esb {

Result<ConstBytes> EnterpriseCredentials::certificates(const chip::Enterprise::Certificate& name, MutBytes room) {
    return of_.shelf().get(name, room);
}

Result<Secret<32>> EnterpriseCredentials::key(const chip::Enterprise::Certificate& name) { return of_.key_of(name); }

bool EnterpriseCredentials::knows_time() const { return of_.time().exact; }

}  // namespace esb
