// A release that dies in its first line.
#include <esb/esb.hpp>

ESB_APP("basic", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);

void esb_main(esb::Device&) { __builtin_trap(); }
