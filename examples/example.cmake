# What the project of every example but basic says, which has it all in one place to copy from:
#   idf.py build -D ESB_APP_VERSION=1.1.0 -D ESB_APP_SEQ=2 -D ESB_UPDATE_KEY_FILE=my.pub.jwk
set(ESB_APP_VERSION 1.0.0 CACHE STRING "Version of the firmware, for people")
set(ESB_APP_SEQ 1 CACHE STRING "Rises with every release")
set(ESB_UPDATE_KEY_FILE update-key.pem.pub.jwk CACHE STRING "Public key (JWK) that the firmware trusts for updates")

set(PROJECT_VER ${ESB_APP_VERSION})
set(SDKCONFIG_DEFAULTS ${CMAKE_CURRENT_LIST_DIR}/basic/sdkconfig.defaults)
set(EXTRA_COMPONENT_DIRS ${CMAKE_CURRENT_LIST_DIR}/../esp-idf/esb)
set(COMPONENTS main bootloader esptool_py partition_table)  # and what they need, instead of everything
include($ENV{IDF_PATH}/tools/cmake/project.cmake)
