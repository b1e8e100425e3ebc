// The sizes of Kconfig, and what they are where there is none: the Arduino core comes with ESP-IDF compiled already.
#pragma once

#include <sdkconfig.h>

#ifndef CONFIG_ESB_TASK_STACK
#define CONFIG_ESB_TASK_STACK 13312
#define CONFIG_ESB_TASK_PRIORITY 5
#define CONFIG_ESB_MQTT_MEMORY 8192
#define CONFIG_ESB_MAX_MESSAGE 4096
#define CONFIG_ESB_QUEUE_SLOTS 8
#define CONFIG_ESB_MAX_PUBLISH 512
#endif

#ifndef CONFIG_ESB_BUTTON_GPIO
#if CONFIG_IDF_TARGET_ESP32
#define CONFIG_ESB_BUTTON_GPIO 0
#elif CONFIG_IDF_TARGET_ESP32C3
#define CONFIG_ESB_BUTTON_GPIO 9
#else
#define CONFIG_ESB_BUTTON_GPIO -1
#endif
#endif
