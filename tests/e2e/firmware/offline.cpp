// A release that takes all sockets for itself: it runs, its console answers, but it cannot reach the broker.
#include <esb/esb.hpp>
#include <esb/ota/policy.hpp>

#include <fcntl.h>
#include <sys/resource.h>

ESB_APP("basic", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);

using namespace esb;

void esb_main(Device& device) {
    device.update_policy().trial_timeout = 2s;
    const int first_free = fcntl(0, F_DUPFD, 0);
    const rlimit none_left{static_cast<rlim_t>(first_free), static_cast<rlim_t>(first_free)};
    setrlimit(RLIMIT_NOFILE, &none_left);
}
