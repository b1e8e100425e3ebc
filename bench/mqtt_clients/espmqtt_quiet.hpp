// On Linux espMqttClient prints every step and yields after every turn; here it does neither, as on the ESP8266.
#pragma once

#include <Helpers.h>
#include <Logging.h>

#undef emc_log_i
#undef emc_log_e
#undef emc_log_w
#define emc_log_i(...)
#define emc_log_e(...)
#define emc_log_w(...)
#undef EMC_YIELD
#define EMC_YIELD()
